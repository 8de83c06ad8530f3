/* A guest that does what no server should: what a client reads says what. */
#include "raftlab.h"

static uint8_t room[4096];

EXPORT(buffer) void *buffer(int32_t length) { return room; }

static volatile int sink;

__attribute__((noinline)) static int deeper(int depth) {
    int below = sink < 0 ? 0 : deeper(depth + 1);
    return below + sink;
}

static void do_it(int what) {
    switch (what) {
    case 2:
        for (;;) __asm__ volatile("");
    case 3: lab_report(0, -1, deeper(1)); break;
    case 4:
        while (__builtin_wasm_memory_grow(0, 16) != (unsigned long)-1) {
        }
        __builtin_trap();
    case 5: *(volatile int *)0x7fffff00 = 1; break;
    case 6: __builtin_trap();
    case 7: lab_send(99, OTHER, 0, room, 1); break;
    case 8: lab_send(1, OTHER, 0, (void *)0x7fffff00, 64); break;
    case 9:
        for (int i = 0; i < 10000; i++) lab_send(1, OTHER, 0, room, 1);
        break;
    case 10: lab_report(2, 0, 0); break;            /* leads, whoever else does */
    case 11: lab_report(2, 0, 100); break;          /* commits what it does not have */
    case 12: lab_save_hard(5, 0), lab_save_hard(4, 0); break;
    case 13: lab_append(1, "nonsense", 8); break;
    case 14: lab_log("one \x1b[31mred\x07 line", 18); break;
    case 15: lab_set_timer(300, 5); break;
    case 16: lab_accepted(1, 1, 1); break;
    case 17: lab_log("the invariant of this server does not hold", 42); __builtin_trap();
    case 18: lab_send(1, OTHER, 0, room, 2000000); break;
    case 19: lab_report(9, 0, 0); break;
    case 20: lab_truncate(7); break;
    case 25:
        __builtin_wasm_memory_grow(0, 2);
        for (int i = 0; i < 200; i++) lab_send(1, OTHER, 0, 0, 100000);
        break;
    }
}

EXPORT(init) void init(int32_t me, int32_t servers) {
}

EXPORT(on_timer) void on_timer(int32_t id) {
}

EXPORT(on_message) void on_message(int32_t from, int32_t length) {}

/* What a client reads says what is done: `get a` does deed 2, `get b` deed 3 and so on. */
EXPORT(on_propose) void on_propose(int32_t id, int32_t length) {
    int what = room[length - 1] - 'a' + 2;
    do_it(what);
    if (what == 21) lab_refused(id, -1), lab_refused(id, -1);
    if (what == 22) return;
    if (what == 23) lab_accepted(id, 1, 1);
    if (what == 24) lab_accepted(id + 1, 1, 1);
    if (what < 21) lab_refused(id, -1);
}
