/* A guest that does what no server should: what a client reads says what. */
#include "raftlab.h"

static uint8_t room[4096];

EXPORT(buffer) void *buffer(int32_t length) { return room; }

static volatile int sink;

__attribute__((noinline)) static int deeper(int depth) {
    int below = sink < 0 ? 0 : deeper(depth + 1);
    return below + sink;
}

static int commit_one(void);

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
    case 26:
        for (int i = 0; i < 1000000; i++) lab_set_timer(2 + i % 250, 1);
        break;
    case 27: __builtin_wasm_memory_grow(0, 31), lab_send(1, OTHER, 0, 0, 2000000); break;
    case 28: __builtin_wasm_memory_grow(0, 31), lab_save_blob(0, 2000000); break;
    case 29: lab_log(room, lab_params(room, sizeof room)); break;
    case 30: lab_save_blob("kept over crashes", 17); break;
    case 31:
        if (commit_one()) lab_report(0, -1, 1), lab_truncate(0);
        break; /* removes what is committed */
    case 32: /* votes twice */
        for (int i = 1; i < 3; i++) lab_save_hard(9, i), lab_send(i, VOTE_GRANTED, 9, room, 1);
        break;
    case 33: lab_save_hard(1, 0), lab_report(2, 0, 0), lab_append(1, 0, 0), lab_truncate(0); break;
    case 34:
        if (commit_one()) lab_report(2, 0, 0);
        break; /* its commit index goes back */
    case 35: lab_append(5, 0, 0), lab_append(3, 0, 0); break;             /* a log whose terms go back */
    case 36: lab_report(0, -1, 7 / sink); break;
    case 37: ((void (*)(int))(sink + 1000))(1); break;
    case 38: lab_set_timer(2, 0); break; /* and again whenever it runs out */
    }
}

/* Whether an entry was committed before; now one is. Alone it is a majority. */
static int commit_one(void) {
    if (lab_log_length() > 0) return 1;
    lab_save_hard(1, 0), lab_report(2, 0, 0), lab_append(1, 0, 0), lab_report(2, 0, 1);
    return 0;
}

EXPORT(init) void init(int32_t me, int32_t servers) {
    int length = lab_blob_read(room, sizeof room);
    if (length > 0) lab_log(room, length);
}

EXPORT(on_timer) void on_timer(int32_t id) { lab_set_timer(2, 0); }

/* What a message says: its first letter is what goes wrong. */
EXPORT(describe) const char *describe(int32_t length) {
    if (room[0] == 'l')
        for (;;) __asm__ volatile("");
    if (room[0] == 'g') __builtin_trap();
    if (room[0] == 'o') return (const char *)0x7fffff00;
    if (room[0] == 's') lab_send(99, OTHER, 0, room, 1);
    if (room[0] == 'b') __builtin_memset(room, 'x', sizeof room); /* no zero behind it */
    return (const char *)room;
}

EXPORT(on_message) void on_message(int32_t from, int32_t length) {}

/* What a client reads says what is done: `get a` does deed 2, `get b` deed 3, `get A` deed 28 and so on. */
EXPORT(on_propose) void on_propose(int32_t id, int32_t length) {
    int key = room[length - 1], what = key < 'a' ? key - 'A' + 28 : key - 'a' + 2;
    do_it(what);
    if (what == 21) lab_refused(id, -1), lab_refused(id, -1);
    if (what == 22) return;
    if (what == 23) lab_accepted(id, 1, 1);
    if (what == 24) lab_accepted(id + 1, 1, 1);
    if (what < 21 || what > 25) lab_refused(id, -1);
}
