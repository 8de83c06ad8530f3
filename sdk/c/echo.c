/* The shortest guest: it has no Raft, only the border. Servers greet each other once a second, and the
 * screen shows the packets and what each server says. */
#include "raftlab.h"

static char room[65536];
static int me, servers;

EXPORT(buffer) void *buffer(int32_t length) { return length <= (int32_t)sizeof room ? room : 0; }

EXPORT(init) void init(int32_t server, int32_t count) {
    me = server;
    servers = count;
    lab_set_timer(0, 500000 + (uint64_t)lab_random() % 500000); /* microseconds */
}

EXPORT(on_timer) void on_timer(int32_t id) {
    for (int i = 0; i < servers; i++)
        if (i != me) lab_send(i, OTHER, 0, "hello", 5);
    lab_set_timer(0, 1000000);
}

EXPORT(on_message) void on_message(int32_t from, int32_t length) { lab_log(room, length); }

EXPORT(on_propose) void on_propose(int32_t id, int32_t length) { lab_refused(id, -1); }
