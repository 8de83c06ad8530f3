/* A small Raft after Figure 2 of the paper, as a guest of raftlab: a place to start from.
 *
 * The disk holds term, vote and log; the lab keeps it over crashes and shows it on the screen. What is
 * written stays in the order of the calls, and a message leaves once all that was written before it is
 * on disk. So: first save, then send. */
#include "raftlab.h"

enum { FOLLOWER, CANDIDATE, LEADER };
enum { ELECTION_TIMER = 0, HEARTBEAT_TIMER = 1 };
enum { MAX = 25, NOBODY = -1 };

/* All messages: entries follow an append, each with its term and its length before it. */
struct message {
    int64_t term, index, log_term, commit;
    int32_t kind, count;
};
struct entry {
    int64_t term, length;
};

static int me, servers, role, leader = NOBODY;
static int64_t commit, votes, next[MAX], matched[MAX];

/* Room that grows and is used again. */
struct room {
    uint8_t *at;
    int64_t size;
};
static struct room in, out;

static uint8_t *room_for(struct room *room, int64_t size) {
    if (size > room->size) {
        int64_t pages = (size + 65535) / 65536;
        uint8_t *at = (uint8_t *)(__builtin_wasm_memory_grow(0, pages) * 65536);
        for (int64_t i = 0; i < room->size; i++) at[i] = room->at[i];
        room->at = at;
        room->size = pages * 65536;
    }
    return room->at;
}

EXPORT(buffer) void *buffer(int32_t length) { return room_for(&in, length); }

static int majority(int64_t set) { return __builtin_popcountll(set) > servers / 2; }

static void election_timer(void) {
    lab_set_timer(ELECTION_TIMER, 300000 + (uint64_t)lab_random() % 300000); /* 300 to 600 ms (5.2) */
}

/* What is not on disk. */
static void report(void) {
    lab_report(role, leader, commit);
#ifdef WHOLE_SERVICE
    committed(); /* service.c applies, where the lab does not */
#endif
}

static void tell(int to, int kind, int64_t index) {
    struct message m = {.term = lab_hard_term(), .index = index, .kind = kind};
    lab_send(to, kind, m.term, &m, sizeof m);
}

static void become_follower(int64_t term, int who) {
    if (term > lab_hard_term()) lab_save_hard(term, NOBODY);
    if (role == LEADER) lab_cancel_timer(HEARTBEAT_TIMER);
    if (role != FOLLOWER) election_timer();
    role = FOLLOWER;
    leader = who;
}

/* Sends a follower what it lacks, or a heartbeat (5.3). */
static void replicate(int to) {
    struct message m = {.term = lab_hard_term(), .index = next[to] - 1, .commit = commit, .kind = APPEND};
    m.log_term = lab_entry_term(m.index);
    int64_t size = sizeof m, last = lab_log_length();
    room_for(&out, size);
    for (int64_t i = next[to]; i <= last && size < 32768; i++, m.count++) {
        struct entry e = {.term = lab_entry_term(i), .length = lab_entry_read(i, 0, 0)};
        uint8_t *at = room_for(&out, size + sizeof e + e.length) + size;
        __builtin_memcpy(at, &e, sizeof e);
        lab_entry_read(i, at + sizeof e, e.length);
        size += sizeof e + e.length;
    }
    __builtin_memcpy(out.at, &m, sizeof m);
    lab_send(to, m.count ? APPEND : HEARTBEAT, m.term, out.at, size);
}

static void replicate_to_all(void) {
    for (int i = 0; i < servers; i++)
        if (i != me) replicate(i);
    lab_set_timer(HEARTBEAT_TIMER, 100000);
}

static void count_commit(void) {
    for (int64_t n = lab_log_length(); n > commit; n--) {
        int64_t have = 1LL << me;
        for (int i = 0; i < servers; i++)
            if (i != me && matched[i] >= n) have |= 1LL << i;
        if (lab_entry_term(n) != lab_hard_term()) return; /* only entries of its own term are counted (5.4.2) */
        if (majority(have)) {
            commit = n;
            return;
        }
    }
}

static void count_votes(void) {
    lab_votes(votes);
    if (role != CANDIDATE || !majority(votes)) return;
    role = LEADER;
    leader = me;
    lab_cancel_timer(ELECTION_TIMER);
    for (int i = 0; i < servers; i++) {
        next[i] = lab_log_length() + 1;
        matched[i] = 0;
    }
    replicate_to_all();
}

EXPORT(on_campaign) void on_campaign(void) {
    if (role == LEADER) return;
    role = CANDIDATE;
    leader = NOBODY;
    lab_save_hard(lab_hard_term() + 1, me);
    votes = 1LL << me;
    report();
    struct message m = {.term = lab_hard_term(), .index = lab_log_length(), .kind = VOTE};
    m.log_term = lab_entry_term(m.index);
    for (int i = 0; i < servers; i++)
        if (i != me) lab_send(i, VOTE, m.term, &m, sizeof m);
    election_timer();
    count_votes();
    report();
}

static void on_vote(int from, struct message *m) {
    int64_t last = lab_log_length(), last_term = lab_entry_term(last);
    /* Whose log is older must not win: it may lack what is committed (5.4.1). */
    int fresh = m->log_term > last_term || (m->log_term == last_term && m->index >= last);
    int grants = m->term == lab_hard_term() && (lab_hard_vote() == NOBODY || lab_hard_vote() == from) && fresh;
    if (grants) {
        lab_save_hard(lab_hard_term(), from);
        election_timer();
    }
    tell(from, grants ? VOTE_GRANTED : VOTE_REFUSED, 0);
}

static void on_append(int from, struct message *m) {
    if (m->term < lab_hard_term()) {
        tell(from, APPEND_REFUSED, lab_log_length());
        return;
    }
    become_follower(m->term, from);
    election_timer();
    int matches = m->index == 0 || (m->index <= lab_log_length() && lab_entry_term(m->index) == m->log_term);
    if (!matches) {
        /* The leader goes back behind the whole term that is in the way (5.3, end). */
        int64_t back = lab_log_length();
        if (m->index <= back) {
            int64_t other = lab_entry_term(m->index);
            for (back = m->index; back > 0 && lab_entry_term(back) == other;) back--;
        }
        tell(from, APPEND_REFUSED, back);
        return;
    }
    int64_t index = m->index;
    uint8_t *at = (uint8_t *)(m + 1);
    for (int i = 0; i < m->count; i++) {
        struct entry e;
        __builtin_memcpy(&e, at, sizeof e);
        index++;
        /* An entry that contradicts the leader's goes, with all behind it (5.3). */
        if (index <= lab_log_length() && lab_entry_term(index) != e.term) lab_truncate(index - 1);
        if (index > lab_log_length()) lab_append(e.term, at + sizeof e, e.length);
        at += sizeof e + e.length;
    }
    /* Only what is known to be as the leader has it (Figure 2, AppendEntries 5). */
    int64_t reached = m->commit < index ? m->commit : index;
    if (reached > commit) commit = reached;
    tell(from, APPENDED, index);
}

static void on_appended(int from, struct message *m) {
    if (role != LEADER || m->term != lab_hard_term()) return;
    if (m->kind == APPEND_REFUSED) {
        next[from] = m->index < next[from] - 1 ? m->index + 1 : next[from] - 1;
        if (next[from] <= matched[from]) next[from] = matched[from] + 1;
        replicate(from);
    } else if (m->index > matched[from]) {
        matched[from] = m->index;
        next[from] = m->index + 1;
        count_commit();
        if (next[from] <= lab_log_length()) replicate(from);
    }
    lab_progress(from, next[from], matched[from]);
}

EXPORT(on_message) void on_message(int32_t from, int32_t length) {
    struct message *m = (struct message *)in.at;
    if (m->term > lab_hard_term()) become_follower(m->term, NOBODY); /* a newer term (5.1) */
    if (m->kind == VOTE) on_vote(from, m);
    if (m->kind == APPEND) on_append(from, m);
    if (m->kind == APPENDED || m->kind == APPEND_REFUSED) on_appended(from, m);
    if (m->kind == VOTE_GRANTED && m->term == lab_hard_term() && role == CANDIDATE) {
        votes |= 1LL << from;
        count_votes();
    }
    report();
}

/* What a message says, for the details of a packet on the screen. */
static char *say(char *at, const char *words, int64_t number) {
    char digits[20];
    int count = 0;
    while (*words) *at++ = *words++;
    do digits[count++] = '0' + number % 10;
    while (number /= 10);
    while (count) *at++ = digits[--count];
    *at = 0;
    return at;
}

EXPORT(describe) const char *describe(int32_t length) {
    static char text[160];
    struct message *m = (struct message *)in.at;
    text[0] = 0;
    if (m->kind == VOTE) say(say(text, "its log ends at entry ", m->index), " of term ", m->log_term);
    if (m->kind == APPEND) {
        char *at = say(say(text, "after entry ", m->index), " of term ", m->log_term);
        say(say(at, ", entries: ", m->count), ", commit ", m->commit);
    }
    if (m->kind == APPENDED) say(text, "its log is the leader's up to entry ", m->index);
    if (m->kind == APPEND_REFUSED) say(text, "the leader shall go back to entry ", m->index);
    return text;
}

EXPORT(on_timer) void on_timer(int32_t id) {
    if (id == ELECTION_TIMER) on_campaign();
    if (id == HEARTBEAT_TIMER && role == LEADER) replicate_to_all();
}

#ifndef WHOLE_SERVICE
EXPORT(on_propose) void on_propose(int32_t id, int32_t length) {
    if (role != LEADER) {
        lab_refused(id, leader);
        return;
    }
    lab_append(lab_hard_term(), in.at, length);
    lab_accepted(id, lab_log_length(), lab_hard_term());
    replicate_to_all();
    count_commit();
    report();
}
#endif

EXPORT(init) void init(int32_t server, int32_t count) {
    me = server;
    servers = count;
    election_timer();
    report();
}
