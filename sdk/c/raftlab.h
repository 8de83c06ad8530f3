/* What a guest of raftlab and the lab say to each other. Written by `raftlab guest new`. */
#pragma once
#include <stdint.h>

/* The kinds of messages, for the screen and the checkers. */
enum {
    OTHER,
    VOTE,
    VOTE_GRANTED,
    VOTE_REFUSED,
    APPEND,
    APPENDED,
    APPEND_REFUSED,
    PRE_VOTE,
    PRE_VOTE_GRANTED,
    PRE_VOTE_REFUSED,
    HEARTBEAT,
};

#define EXPORT(name) __attribute__((export_name(#name)))
#define LAB(name) __attribute__((import_module("raftlab"), import_name(#name)))

/* ---- What you write. ---- */

/* Room for so many bytes, into which the lab writes the next message or proposal. It is yours
 * again when the call that follows has returned; always the same place will do. */
EXPORT(buffer) void *buffer(int32_t length);

/* The server starts, for the first time or after a crash: servers are 0 to servers-1, and the
 * screen calls them S1, S2 and so on. Memory is fresh; the disk holds what it held. Set a
 * timer here, or nothing will ever happen. */
EXPORT(init) void init(int32_t me, int32_t servers);

/* A message has arrived; its bytes are in the buffer. */
EXPORT(on_message) void on_message(int32_t from, int32_t length);

/* A timer has run out. It is not set any more. */
EXPORT(on_timer) void on_timer(int32_t id);

/* A client's operation, in the buffer: some bytes that mean nothing to you. A leader appends
 * them and calls accepted, any other server calls refused; one of the two, and once. */
EXPORT(on_propose) void on_propose(int32_t id, int32_t length);

/* In the place of on_propose, where the whole service is yours: a client's request, in the
 * buffer, as JSON: {"type":"get","key":"x"} or
 * {"type":"put","key":"x","value":"1","version":0}. Call reply once, now or later. A put is
 * carried out if its version is the key's, 0 for a key that is not there, and raises that by
 * one. */
EXPORT(on_request) void on_request(int32_t id, int32_t length);

/* Become a candidate now: for `timeout S2` and `t`. Timer 0 is not set any more, as if it had
 * run out. Without this function, on_timer(0) is called. */
EXPORT(on_campaign) void on_campaign(void);

/* What the message in the buffer says, as a text that ends with a zero: the screen shows it
 * with the packet. It is asked of a fresh instance, which is no server and has no init behind
 * it, and nothing that it does counts. */
EXPORT(describe) const char *describe(int32_t length);

/* ---- What the lab gives you. ---- */

/* Sends bytes to a server. Kind and term are for the screen and the checkers: 0 other, 1
 * request for a vote, 2 vote granted, 3 vote refused, 4 append, 5 appended, 6 append refused,
 * 7 pre-vote asked, 8 granted, 9 refused, 10 heartbeat. What was written before it is on disk
 * before it leaves; what is written after it may not be. */
LAB(send) void lab_send(int32_t to, int32_t kind, int64_t term, const void *data, int32_t length);

/* Sets a timer, by the server's own clock; set again, it counts from now. Timer 0 is the
 * election timer and 1 the heartbeat: the screen shows them so. 2 to 255 are free. */
LAB(set_timer) void lab_set_timer(int32_t id, int64_t micros);

/* The timer will not run out. */
LAB(cancel_timer) void lab_cancel_timer(int32_t id);

/* Writes currentTerm and votedFor to disk; a vote of -1 is for nobody. */
LAB(save_hard) void lab_save_hard(int64_t term, int32_t vote);

/* Writes an entry behind the last of the log on disk: the bytes of a proposal, or none for a
 * no-op. Where the whole service is yours, any bytes. */
LAB(append) void lab_append(int64_t term, const void *data, int32_t length);

/* Keeps so many entries of the log on disk, and removes the others. */
LAB(truncate) void lab_truncate(int64_t length);

/* currentTerm as written last: 0 at the very beginning. */
LAB(hard_term) int64_t lab_hard_term(void);

/* votedFor as written last, -1 for nobody. */
LAB(hard_vote) int32_t lab_hard_vote(void);

/* How many entries the log on disk has. The first is entry 1. */
LAB(log_length) int64_t lab_log_length(void);

/* The term of an entry; 0 where there is none. */
LAB(entry_term) int64_t lab_entry_term(int64_t index);

/* Copies the bytes of an entry, as many as there is room for, and says how many it has; -1
 * where there is no entry. */
LAB(entry_read) int32_t lab_entry_read(int64_t index, void *data, int32_t room);

/* Writes bytes of your own to disk, in the place of those before, for what you keep beside
 * term, vote and log. Those have to be written as above all the same: they are what the screen
 * shows and the checkers look at. */
LAB(save_blob) void lab_save_blob(const void *data, int32_t length);

/* Copies the bytes that save_blob wrote last, as many as there is room for, and says how many
 * there are: 0 at the very beginning. */
LAB(blob_read) int32_t lab_blob_read(void *data, int32_t room);

/* Copies the text of `raft-params=` in the head of the script or `--raft-params`, as many
 * bytes as there is room for, without a zero behind them, and says how many it has: 0 if there
 * is none. */
LAB(params) int32_t lab_params(void *text, int32_t room);

/* What is not on disk: the role (0 follower, 1 candidate, 2 leader, 3 asking before it becomes
 * a candidate), the leader as far as known (-1: none), the commit index. Entries up to it are
 * applied to the key-value service, and clients are answered. Call it whenever one changes. */
LAB(report) void lab_report(int32_t role, int32_t leader, int64_t commit);

/* nextIndex and matchIndex of a follower, as its leader knows them, so that the lab can say
 * what an entry waits for. */
LAB(progress) void lab_progress(int32_t peer, int64_t next, int64_t matched);

/* Who has voted for this candidate: bit 0 is server 0. */
LAB(votes) void lab_votes(int64_t voters);

/* The proposal is in the log, as this entry of this term. */
LAB(accepted) void lab_accepted(int32_t id, int64_t index, int64_t term);

/* This server does not lead. The leader as far as known, or -1. */
LAB(refused) void lab_refused(int32_t id, int32_t leader);

/* Answers a request: 0 it is done, 1 there is no such key, 2 the key has another version, 3
 * this server does not lead and has done nothing, 4 it has waited too long: it may or may not
 * be done. The bytes of a get that is done are {"value":"1","version":1}, those of status 2
 * {"version":1}, all others have none. What was written before it is on disk before it leaves. */
LAB(reply) void lab_reply(int32_t id, int32_t status, const void *data, int32_t length);

/* Lab time in microseconds since the run began. */
LAB(now) int64_t lab_now(void);

/* A random number, of this server's own stream: the same run draws the same. */
LAB(random) int64_t lab_random(void);

/* A line for the list of events: "S2 says: ...". */
LAB(log) void lab_log(const void *text, int32_t length);
