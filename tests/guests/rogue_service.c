/* A service that answers what it should not: the key that a client reads says what. */
#include "raftlab.h"

static uint8_t room[4096];

EXPORT(buffer) void *buffer(int32_t length) { return room; }
EXPORT(init) void init(int32_t me, int32_t servers) {}
EXPORT(on_timer) void on_timer(int32_t id) {}
EXPORT(on_message) void on_message(int32_t from, int32_t length) {}

EXPORT(on_request) void on_request(int32_t id, int32_t length) {
    switch (room[length - 3]) { /* {"type":"get","key":"a"} */
    case 'a': lab_reply(id, 1, 0, 0), lab_reply(id, 1, 0, 0); break;
    case 'b': lab_reply(id, 0, "not JSON", 8); break;
    case 'c': lab_reply(id + 1, 1, 0, 0); break;
    case 'd': lab_reply(id, 7, 0, 0); break;
    case 'e': lab_reply(id, 0, (void *)0x7fffff00, 8); break;
    case 'f': lab_accepted(id, 1, 1); break;
    case 'g': lab_reply(id, 2, "{\"version\":1}", 13); break;
    case 'h': lab_reply(id, 0, "{\"value\":\"made up\",\"version\":1}", 30); break;
    }
}
