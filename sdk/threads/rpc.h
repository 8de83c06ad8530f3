/* Calls from server to server that wait for their answer, as a course's RPC library has them, and what your
 * program gives to it. threads.c carries them over the lab's packets. */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct rpc_client rpc_client_t;

/* The way to a server, 0 to servers-1. */
rpc_client_t *rpc_client(int server);

/* Asks a server and waits for its answer, which is yours to free, or NULL when it has not come in time. */
void *rpc_call_timeout(rpc_client_t *to, const char *method, const void *request, size_t length,
                       size_t *answer_length, double seconds);

/* What the next call or answer of this thread is, for the screen and the checkers: one of the kinds of
 * raftlab.h, such as VOTE, and its term. */
void rpc_kind(int kind, int64_t term);

/* This thread's sleeps and timed waits are shown as this timer: 0 is the election timer, 1 the heartbeat. */
void thread_timer(int id);

/* ---- What you write. ---- */

/* The server starts, in a thread of its own: create yours, and return or go on. */
void raft_main(int me, int servers);

/* Answers a call, in a thread of its own. The answer is memory from malloc, or NULL for none. */
void *rpc_serve(int from, const char *method, const void *request, size_t length, size_t *answer_length);

/* Start(command): nonzero if this server leads and lab_append has put the command into its log, as this
 * entry. It must not wait for anything but a mutex. */
int raft_start(const void *command, size_t length, int64_t *index, int64_t *term);

/* Become a candidate now, for `timeout S2` and `t`. */
void raft_campaign(void);
