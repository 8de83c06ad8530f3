/* A small Raft after Figure 2 of the paper, written as one writes it with threads: an election thread, a thread
 * for each follower, a mutex, and calls that wait for their answer. threads.c makes it a guest of raftlab.
 *
 * Term, vote and log are on the lab's disk (raftlab.h), which outlives a crash and is what the screen shows. A
 * message leaves once all that was written before it is on disk. So: first save, then call or answer. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "raftlab.h"
#include "rpc.h"

enum role { FOLLOWER, CANDIDATE, LEADER };
enum { MAX = 25, NOBODY = -1, CALLS = 16 /* at once, to one follower */ };
#define HEARTBEAT_MICROS 100000
#define RPC_SECONDS 0.5

struct vote_request {
    int64_t term, last_index, last_term;
};
struct append_request {
    int64_t term, index, index_term, commit, count; /* entries follow, each with its term and its length */
};
struct answer {
    int64_t term, ok, index;
};
struct entry {
    int64_t term, length;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed[MAX]; /* it leads, or the follower lacks entries */
static int me, servers, leader = NOBODY, votes;
static enum role role;
static int64_t commit, deadline, next[MAX], matched[MAX];
static int calls[MAX]; /* calls to a follower that are not answered yet */

static int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void heard(void) { deadline = now() + 300000 + rand() % 300000; } /* 300 to 600 ms (5.2) */

static void report(void) { lab_report(role, leader, commit); }

/* All of these are called with the mutex locked. */

static void see_term(int64_t term) {
    if (term <= lab_hard_term()) return; /* a newer term (5.1) */
    lab_save_hard(term, NOBODY);
    if (role != FOLLOWER) heard();
    role = FOLLOWER;
    leader = NOBODY;
}

static void count_commit(void) {
    for (int64_t n = lab_log_length(); n > commit && lab_entry_term(n) == lab_hard_term(); n--) {
        int have = 1; /* only entries of its own term are counted (5.4.2) */
        for (int i = 0; i < servers; i++) have += i != me && matched[i] >= n;
        if (have > servers / 2) {
            commit = n;
            break;
        }
    }
}

static void wake_replicators(void) {
    for (int i = 0; i < servers; i++)
        if (calls[i] < CALLS) pthread_cond_signal(&changed[i]); /* else when it has answered, or with the heartbeat */
}

static void lead_if_elected(void) {
    if (role != CANDIDATE || __builtin_popcount(votes) <= servers / 2) return;
    role = LEADER;
    leader = me;
    for (int i = 0; i < servers; i++) next[i] = lab_log_length() + 1, matched[i] = 0;
    printf("leads term %lld\n", lab_hard_term());
    wake_replicators();
}

/* ---- Elections (5.2). ---- */

static void *ask_for_vote(void *argument) {
    int peer = (int)(size_t)argument;
    pthread_mutex_lock(&mutex);
    int64_t last = lab_log_length();
    struct vote_request request = {lab_hard_term(), last, lab_entry_term(last)};
    pthread_mutex_unlock(&mutex);

    rpc_kind(VOTE, request.term);
    struct answer *answer = rpc_call_timeout(rpc_client(peer), "RequestVote", &request, sizeof request, 0, RPC_SECONDS);
    if (!answer) return 0;

    pthread_mutex_lock(&mutex);
    see_term(answer->term);
    if (answer->ok && request.term == lab_hard_term() && role == CANDIDATE) {
        votes |= 1 << peer;
        lab_votes(votes);
        lead_if_elected();
    }
    report();
    pthread_mutex_unlock(&mutex);
    free(answer);
    return 0;
}

static void stand(void) {
    role = CANDIDATE;
    leader = NOBODY;
    lab_save_hard(lab_hard_term() + 1, me);
    votes = 1 << me;
    heard();
    report();
    for (int i = 0; i < servers; i++) {
        pthread_t thread;
        if (i != me && pthread_create(&thread, 0, ask_for_vote, (void *)(size_t)i) == 0) pthread_detach(thread);
    }
    lead_if_elected();
    report();
}

static void *elections(void *argument) {
    thread_timer(0); /* the screen shows this thread's sleep as the election timer */
    for (;;) {
        pthread_mutex_lock(&mutex);
        if (role == LEADER) heard();
        else if (now() >= deadline) stand();
        int64_t left = deadline - now();
        pthread_mutex_unlock(&mutex);
        usleep(left);
    }
}

void raft_campaign(void) {
    pthread_mutex_lock(&mutex);
    if (role != LEADER) stand();
    pthread_mutex_unlock(&mutex);
}

/* ---- Replication (5.3). ---- */

/* What a follower lacks, as one request; memory of the caller's. */
static struct append_request *request_for(int peer, size_t *length) {
    int64_t previous = next[peer] - 1;
    size_t size = sizeof(struct append_request);
    struct append_request *request = malloc(size);
    *request = (struct append_request){lab_hard_term(), previous, lab_entry_term(previous), commit, 0};
    for (int64_t i = next[peer]; i <= lab_log_length() && size < 32768; i++) {
        struct entry entry = {lab_entry_term(i), lab_entry_read(i, 0, 0)};
        request = realloc(request, size + sizeof entry + entry.length);
        memcpy((char *)request + size, &entry, sizeof entry);
        lab_entry_read(i, (char *)request + size + sizeof entry, entry.length);
        size += sizeof entry + entry.length;
        request->count++;
    }
    *length = size;
    return request;
}

struct call {
    int peer;
    size_t length;
    struct append_request *request;
};

/* One call to a follower. A slow answer holds up nothing: the next call has a thread of its own. */
static void *call_follower(void *argument) {
    struct call *call = argument;
    int peer = call->peer;
    int64_t term = call->request->term;
    rpc_kind(call->request->count ? APPEND : HEARTBEAT, term);
    struct answer *answer =
        rpc_call_timeout(rpc_client(peer), "AppendEntries", call->request, call->length, 0, RPC_SECONDS);
    free(call->request);
    free(call);

    pthread_mutex_lock(&mutex);
    calls[peer]--;
    if (answer) see_term(answer->term);
    if (answer && role == LEADER && term == lab_hard_term()) {
        if (answer->ok && answer->index > matched[peer]) {
            matched[peer] = answer->index;
            next[peer] = answer->index + 1;
            count_commit();
        } else if (!answer->ok) {
            next[peer] = answer->index < next[peer] - 1 ? answer->index + 1 : next[peer] - 1;
            if (next[peer] <= matched[peer]) next[peer] = matched[peer] + 1;
        }
        if (next[peer] <= lab_log_length() && calls[peer] < CALLS) pthread_cond_signal(&changed[peer]);
        lab_progress(peer, next[peer], matched[peer]);
    }
    report();
    pthread_mutex_unlock(&mutex);
    free(answer);
    return 0;
}

/* A thread for each follower: it calls when there is something new, or a heartbeat is due. */
static void *replicate(void *argument) {
    int peer = (int)(size_t)argument;
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (role != LEADER) pthread_cond_wait(&changed[peer], &mutex);
        struct call *call = malloc(sizeof *call);
        call->peer = peer;
        call->request = request_for(peer, &call->length);
        pthread_t thread;
        if (pthread_create(&thread, 0, call_follower, call) == 0) {
            pthread_detach(thread);
            calls[peer]++;
        } else {
            free(call->request);
            free(call);
        }
        int64_t due = now() + HEARTBEAT_MICROS;
        struct timespec until = {due / 1000000, due % 1000000 * 1000};
        pthread_cond_timedwait(&changed[peer], &mutex, &until);
    }
}

int raft_start(const void *command, size_t length, int64_t *index, int64_t *term) {
    pthread_mutex_lock(&mutex);
    int leads = role == LEADER;
    if (leads) {
        *term = lab_hard_term();
        lab_append(*term, command, length);
        *index = lab_log_length();
        count_commit(); /* alone it is a majority */
        report();
        wake_replicators();
    }
    pthread_mutex_unlock(&mutex);
    return leads;
}

/* ---- The other side of the calls. ---- */

static struct answer on_vote(int from, const struct vote_request *asked) {
    int64_t last = lab_log_length(), last_term = lab_entry_term(last);
    /* Whose log is older must not win: it may lack what is committed (5.4.1). */
    int fresh = asked->last_term > last_term || (asked->last_term == last_term && asked->last_index >= last);
    int free_vote = lab_hard_vote() == NOBODY || lab_hard_vote() == from;
    int grants = asked->term == lab_hard_term() && free_vote && fresh;
    if (grants) {
        lab_save_hard(lab_hard_term(), from);
        heard();
    }
    rpc_kind(grants ? VOTE_GRANTED : VOTE_REFUSED, lab_hard_term());
    return (struct answer){lab_hard_term(), grants, 0};
}

static struct answer on_append(int from, const struct append_request *asked) {
    int64_t term = lab_hard_term(), last = lab_log_length();
    rpc_kind(APPEND_REFUSED, term);
    if (asked->term < term) return (struct answer){term, 0, last};
    assert(role != LEADER); /* one leader a term */
    role = FOLLOWER;
    leader = from;
    heard();
    if (asked->index > last) return (struct answer){term, 0, last};
    if (asked->index > 0 && lab_entry_term(asked->index) != asked->index_term) {
        /* The leader goes back behind the whole term that is in the way (5.3, end). */
        int64_t back = asked->index, other = lab_entry_term(back);
        while (back > 0 && lab_entry_term(back) == other) back--;
        return (struct answer){term, 0, back};
    }
    int64_t index = asked->index;
    const char *at = (const char *)(asked + 1);
    for (int64_t i = 0; i < asked->count; i++) {
        struct entry entry;
        memcpy(&entry, at, sizeof entry);
        index++;
        /* An entry that contradicts the leader's goes, with all behind it (5.3). */
        if (index <= lab_log_length() && lab_entry_term(index) != entry.term) lab_truncate(index - 1);
        if (index > lab_log_length()) lab_append(entry.term, at + sizeof entry, entry.length);
        at += sizeof entry + entry.length;
    }
    /* Only what is known to be as the leader has it (Figure 2, AppendEntries 5). */
    int64_t reached = asked->commit < index ? asked->commit : index;
    if (reached > commit) commit = reached;
    rpc_kind(APPENDED, term);
    return (struct answer){term, 1, index};
}

void *rpc_serve(int from, const char *method, const void *request, size_t length, size_t *answer_length) {
    struct answer *answer = malloc(sizeof *answer);
    *answer_length = sizeof *answer;
    pthread_mutex_lock(&mutex);
    see_term(*(const int64_t *)request);
    if (strcmp(method, "RequestVote") == 0) *answer = on_vote(from, request);
    else *answer = on_append(from, request);
    report();
    pthread_mutex_unlock(&mutex);
    return answer;
}

void raft_main(int server, int count) {
    me = server;
    servers = count;
    heard();
    report();
    pthread_t thread;
    pthread_create(&thread, 0, elections, 0);
    for (int i = 0; i < servers; i++)
        if (i != me) pthread_create(&thread, 0, replicate, (void *)(size_t)i);
}
