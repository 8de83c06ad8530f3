/* Threads, locks, sleep and blocking calls for a guest of raftlab.
 *
 * A thread has a stack of its own. When it waits, its stack is unwound into memory (binaryen's asyncify),
 * and the call from the lab returns; when what it waits for comes, it is wound up again and goes on. So
 * all of a server is in its memory between two calls, and the lab can put it back when it goes back in time.
 * Threads take turns in the order in which they became ready: a run is the same every time. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "raftlab.h"
#include "rpc.h"

enum { THREADS = 250, STACK = 16384, UNWOUND = 8192, FIRST_TIMER = 2 };
enum state { FREE, READY, WAITS, DONE };

struct thread {
    /* Where asyncify keeps the calls of the thread. */
    char *unwound, *unwound_end;
    char *memory, *stack_pointer;
    enum state state;
    int timer, detached, timed_out, locks, kind;
    int64_t kind_term;
    /* The order in which threads became ready, or began to wait. */
    uint64_t turn;
    const void *waits_for;
    void *(*run)(void *);
    void *argument, *result;
    /* The call that it waits for, and its answer. */
    int64_t call;
    void *answer;
    size_t answer_length;
};

static struct thread threads[THREADS], *current;
static uint64_t turns;
static int used, winding_up, unwinding; /* used: how many of the threads' places have ever been */

_Noreturn static void give_up(const char *why) {
    lab_log(why, strlen(why));
    __builtin_trap();
}

/* ---- Fibers. ---- */

#define ASYNCIFY(name) __attribute__((import_module("asyncify"), import_name(#name)))
ASYNCIFY(start_unwind) void start_unwind(void *);
ASYNCIFY(stop_unwind) void stop_unwind(void);
ASYNCIFY(start_rewind) void start_rewind(void *);
ASYNCIFY(stop_rewind) void stop_rewind(void);

__asm__(".globaltype __stack_pointer, i32\n");

static inline __attribute__((always_inline)) char *stack_pointer(void) {
    char *at;
    __asm__ volatile("global.get __stack_pointer\nlocal.set %0" : "=r"(at));
    return at;
}

static inline __attribute__((always_inline)) void set_stack_pointer(char *at) {
    __asm__ volatile("local.get %0\nglobal.set __stack_pointer" ::"r"(at));
}

/* The thread leaves, and comes back here when it is resumed. */
__attribute__((noinline)) static void leave(void) {
    if (winding_up) {
        stop_rewind();
        winding_up = 0;
        return;
    }
    current->stack_pointer = stack_pointer();
    unwinding = 1;
    start_unwind(&current->unwound);
}

/* Lets a thread run until it waits or is done. */
__attribute__((noinline)) static void resume(struct thread *it) {
    char *own = stack_pointer();
    current = it;
    set_stack_pointer(it->stack_pointer);
    if (it->unwound != it->memory + STACK) {
        winding_up = 1;
        start_rewind(&it->unwound);
    }
    void *result = it->run(it->argument);
    if (unwinding) {
        unwinding = 0;
        stop_unwind();
    } else {
        it->result = result;
        it->state = DONE;
    }
    set_stack_pointer(own);
    current = 0;
    if (*(int64_t *)it->memory != 0x5afe) give_up("a thread needs more than its 16 KiB of stack");
}

static void make_ready(struct thread *it) {
    it->state = READY;
    it->waits_for = 0;
    it->turn = ++turns;
}

static void wake(const void *object, int all) {
    do {
        struct thread *first = 0;
        for (int i = 0; i < used; i++) {
            struct thread *it = &threads[i];
            if (it->state == WAITS && it->waits_for == object && (!first || it->turn < first->turn)) first = it;
        }
        if (!first) return;
        lab_cancel_timer(first->timer);
        make_ready(first);
    } while (all);
}

/* Waits until the object is woken; true if so much time has passed instead. Less than nothing: forever. */
static int wait_for(const void *object, int64_t micros) {
    struct thread *it = current;
    if (!it) give_up("only a thread can wait");
    it->state = WAITS;
    it->waits_for = object;
    it->turn = ++turns;
    it->timed_out = 0;
    if (micros >= 0) lab_set_timer(it->timer, micros);
    leave();
    return it->timed_out;
}

static void release(struct thread *it) {
    it->state = FREE;
    lab_cancel_timer(it->timer);
}

static void end(struct thread *it) {
    if (it->detached) release(it);
    else wake(it, 1);
}

/* All who are ready take their turns. */
static void take_turns(void) {
    for (;;) {
        struct thread *next = 0;
        for (int i = 0; i < used; i++)
            if (threads[i].state == READY && (!next || threads[i].turn < next->turn)) next = &threads[i];
        if (!next) return;
        resume(next);
        if (next->state == DONE) end(next);
    }
}

static struct thread *begin(void *(*run)(void *), void *argument) {
    for (int i = 0; i < THREADS; i++) {
        struct thread *it = &threads[i];
        if (it->state != FREE) continue;
        if (i >= used) used = i + 1;
        char *memory = it->memory ? it->memory : malloc(STACK + UNWOUND);
        *it = (struct thread){.memory = memory, .unwound = memory + STACK, .unwound_end = memory + STACK + UNWOUND};
        *(int64_t *)memory = 0x5afe;
        it->stack_pointer = memory + STACK;
        it->timer = FIRST_TIMER + i;
        it->run = run;
        it->argument = argument;
        make_ready(it);
        return it;
    }
    return 0;
}

/* ---- pthread.h ---- */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    struct thread *it = begin(run, argument);
    if (!it) return EAGAIN;
    if (thread) *thread = it;
    return 0;
}

int pthread_join(pthread_t thread, void **result) {
    while (thread->state != DONE) wait_for(thread, -1);
    if (result) *result = thread->result;
    release(thread);
    return 0;
}

int pthread_detach(pthread_t thread) {
    thread->detached = 1;
    if (thread->state == DONE) release(thread);
    return 0;
}

pthread_t pthread_self(void) { return current; }

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes) {
    mutex->owner = 0;
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex) { return mutex->owner ? EBUSY : 0; }

/* The mutexes, to see who waits for whom: a thread that waits for one says so by its address. */
static pthread_mutex_t *awaited(struct thread *it) {
    return it->state == WAITS && it->locks < 0 ? (pthread_mutex_t *)it->waits_for : 0;
}

int pthread_mutex_lock(pthread_mutex_t *mutex) {
    if (mutex->owner == current) give_up("pthread_mutex_lock: this thread has locked it already: a deadlock");
    while (mutex->owner) {
        for (struct thread *it = mutex->owner; awaited(it);) {
            it = awaited(it)->owner;
            if (it == current) give_up("pthread_mutex_lock: threads wait for each other: a deadlock");
            if (!it) break;
        }
        int locks = current->locks;
        current->locks = -1 - locks; /* below nothing: it waits for a mutex */
        wait_for(mutex, -1);
        current->locks = locks;
    }
    mutex->owner = current;
    current->locks++;
    return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *mutex) {
    if (mutex->owner) return EBUSY;
    return pthread_mutex_lock(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    if (mutex->owner != current) give_up("pthread_mutex_unlock: this thread has not locked it");
    mutex->owner = 0;
    wake(mutex, 0);
    return 0;
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes) {
    condition->signals = 0;
    return 0;
}

int pthread_cond_destroy(pthread_cond_t *condition) { return 0; }

static int wait_on(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t micros) {
    pthread_mutex_unlock(mutex);
    int late = wait_for(condition, micros);
    pthread_mutex_lock(mutex);
    return late ? ETIMEDOUT : 0;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) { return wait_on(condition, mutex, -1); }

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    int64_t left = until->tv_sec * 1000000 + until->tv_nsec / 1000 - lab_now();
    return wait_on(condition, mutex, left > 0 ? left : 0);
}

int pthread_cond_signal(pthread_cond_t *condition) {
    wake(condition, 0);
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t *condition) {
    wake(condition, 1);
    return 0;
}

/* ---- time.h, unistd.h ---- */

int clock_gettime(clockid_t clock, struct timespec *now) {
    int64_t micros = lab_now();
    now->tv_sec = micros / 1000000;
    now->tv_nsec = micros % 1000000 * 1000;
    return 0;
}

time_t time(time_t *now) {
    time_t seconds = lab_now() / 1000000;
    if (now) *now = seconds;
    return seconds;
}

int nanosleep(const struct timespec *span, struct timespec *left) {
    wait_for(current, span->tv_sec * 1000000 + span->tv_nsec / 1000);
    return 0;
}

int usleep(unsigned micros) {
    wait_for(current, micros);
    return 0;
}

unsigned sleep(unsigned seconds) {
    wait_for(current, seconds * 1000000LL);
    return 0;
}

void thread_timer(int id) { current->timer = id; }

/* ---- Calls from server to server. ---- */

struct rpc_client {
    int server;
};

/* A packet: this, the name of the method, and what it asks or answers. */
struct packet {
    int64_t call;
    int32_t is_answer, name_length;
};

static struct rpc_client clients[25];
static int64_t last_call;

rpc_client_t *rpc_client(int server) {
    clients[server].server = server;
    return &clients[server];
}

void rpc_kind(int kind, int64_t term) {
    current->kind = kind;
    current->kind_term = term;
}

static void send_packet(int to, struct packet head, const char *name, const void *data, size_t length) {
    size_t whole = sizeof head + head.name_length + length;
    char *bytes = malloc(whole);
    memcpy(bytes, &head, sizeof head);
    memcpy(bytes + sizeof head, name, head.name_length);
    if (length) memcpy(bytes + sizeof head + head.name_length, data, length);
    lab_send(to, current->kind, current->kind_term, bytes, whole);
    current->kind = OTHER;
    free(bytes);
}

void *rpc_call_timeout(rpc_client_t *to, const char *method, const void *request, size_t length, size_t *answer_length,
                       double seconds) {
    struct thread *it = current;
    it->call = ++last_call;
    send_packet(to->server, (struct packet){it->call, 0, strlen(method)}, method, request, length);
    int late = wait_for(&it->call, (int64_t)(seconds * 1000000));
    it->call = 0;
    if (late) return 0;
    if (answer_length) *answer_length = it->answer_length;
    return it->answer;
}

struct request {
    int64_t call;
    int from;
    size_t length;
    char *name;
    char data[];
};

static void *serve(void *argument) {
    struct request *asked = argument;
    size_t length = 0;
    void *answer = rpc_serve(asked->from, asked->name, asked->data, asked->length, &length);
    if (answer) send_packet(asked->from, (struct packet){asked->call, 1, 0}, 0, answer, length);
    free(answer);
    free(asked->name);
    free(asked);
    return 0;
}

/* ---- What the lab calls. ---- */

static char *room;
static size_t room_size;

EXPORT(buffer) void *buffer(int32_t length) {
    if ((size_t)length > room_size) {
        free(room);
        room = malloc(room_size = length);
    }
    return room;
}

EXPORT(on_message) void on_message(int32_t from, int32_t length) {
    struct packet head;
    memcpy(&head, room, sizeof head);
    char *name = room + sizeof head, *data = name + head.name_length;
    size_t size = room + length - data;
    if (head.is_answer) {
        for (int i = 0; i < used; i++) {
            struct thread *it = &threads[i];
            if (it->state != WAITS || it->call != head.call) continue;
            it->answer = memcpy(malloc(size + 1), data, size);
            it->answer_length = size;
            wake(&it->call, 0);
        }
    } else {
        struct request *asked = malloc(sizeof *asked + size);
        asked->call = head.call;
        asked->from = from;
        asked->length = size;
        asked->name = malloc(head.name_length + 1);
        memcpy(asked->name, name, head.name_length);
        asked->name[head.name_length] = 0;
        memcpy(asked->data, data, size);
        struct thread *it = begin(serve, asked);
        /* Who has no thread left does not hear it, as with a full queue. */
        if (it) it->detached = 1;
        else lab_log("no thread is left for a call", 28);
    }
    take_turns();
}

EXPORT(on_timer) void on_timer(int32_t id) {
    for (int i = 0; i < used; i++) {
        struct thread *it = &threads[i];
        if (it->timer == id && it->state == WAITS) {
            it->timed_out = 1;
            make_ready(it);
        }
    }
    take_turns();
}

struct proposal {
    int32_t id;
    size_t length;
};

static void *start(void *argument) {
    struct proposal *asked = argument;
    int64_t index = 0, term = 0;
    if (raft_start(room, asked->length, &index, &term)) lab_accepted(asked->id, index, term);
    else lab_refused(asked->id, -1);
    return 0;
}

EXPORT(on_propose) void on_propose(int32_t id, int32_t length) {
    struct proposal asked = {id, length};
    struct thread *it = begin(start, &asked);
    if (!it) {
        lab_refused(id, -1);
        return;
    }
    resume(it);
    if (it->state != DONE) {
        /* A thread that waits for its first lock has done nothing yet. */
        if (it->locks != -1) give_up("raft_start waits: it may lock a mutex, and must not sleep, wait or call");
        lab_refused(id, -1);
    }
    release(it);
    take_turns();
}

static void *campaign(void *argument) {
    raft_campaign();
    return 0;
}

EXPORT(on_campaign) void on_campaign(void) {
    struct thread *it = begin(campaign, 0);
    if (it) it->detached = 1;
    take_turns();
    on_timer(0); /* it has been used up */
}

struct start {
    int me, servers;
};

static void *first(void *argument) {
    struct start start = *(struct start *)argument;
    raft_main(start.me, start.servers);
    return 0;
}

EXPORT(init) void init(int32_t me, int32_t servers) {
    static struct start start;
    start = (struct start){me, servers};
    last_call = lab_random() & 0xffffffffffff; /* no answer to a call from before a crash is taken for one of these */
    begin(first, &start)->detached = 1;
    take_turns();
}
