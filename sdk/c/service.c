/* A whole service: the Raft of raft.c, and a key-value map of our own above it, in the place of the lab's. The
 * lab gives us what clients ask, judges what they are told, and sees the log as bytes.
 *
 * Every request, a get too, goes through the log, so every answer comes from what is committed (8). An entry is
 * the request as it came, behind the name of the server and the request there, by which the one who has to
 * answer knows it. sh build.sh service */
#include "raftlab.h"

enum { OK, NO_KEY, WRONG_VERSION, WRONG_LEADER, WAITED_TOO_LONG };
enum { TEXT = 256, WAITING = 256 };

struct name {
    int32_t server, boot, request;
};

struct stored {
    char key[TEXT], value[TEXT];
    int64_t version;
};

struct waiting {
    int32_t request;
    int64_t index, term;
};

#define WHOLE_SERVICE
static void committed(void);
#include "raft.c"

static struct room stored; /* grows with the keys */
static struct stored *map;
static int keys, waiters, boot;
static struct waiting waiting[WAITING];
static int64_t applied;

/* The text behind "name": in a JSON object of the lab's, as it stands there, escapes and all. */
static int field(const char *json, int length, const char *name, char *to) {
    int size = 0;
    while (name[size]) size++;
    for (int at = 0; at + size + 3 < length; at++) {
        if (json[at] != '"' || json[at + size + 1] != '"' || json[at + size + 2] != ':') continue;
        int differs = 0;
        for (int i = 0; i < size; i++) differs |= json[at + 1 + i] != name[i];
        if (differs) continue;
        at += size + 3;
        int quoted = json[at] == '"', written = 0;
        for (at += quoted; at < length && written < TEXT - 1; at++) {
            if (quoted ? json[at] == '"' : json[at] == ',' || json[at] == '}') break;
            if (json[at] == '\\') to[written++] = json[at++];
            to[written++] = json[at];
        }
        to[written] = 0;
        return written;
    }
    return -1;
}

static int64_t number(const char *text) {
    int64_t number = 0;
    while (*text >= '0' && *text <= '9') number = number * 10 + *text++ - '0';
    return number;
}

static int append_text(char *to, int at, const char *text) {
    while (*text) to[at++] = *text++;
    return at;
}

static int append_number(char *to, int at, int64_t number) {
    char digits[24];
    int count = 0;
    do digits[count++] = '0' + number % 10;
    while (number /= 10);
    while (count) to[at++] = digits[--count];
    return at;
}

static int same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

/* Carries a request out, and answers it where a client waits for it. */
static void apply(const char *json, int length, int request) {
    static char type[TEXT], key[TEXT], value[TEXT], version[TEXT], answer[2 * TEXT];
    field(json, length, "type", type);
    field(json, length, "key", key);
    struct stored *at = 0;
    for (int i = 0; i < keys; i++)
        if (same(map[i].key, key)) at = &map[i];
    int status = OK, size = 0;
    if (type[0] == 'g') {
        if (!at) status = NO_KEY;
        if (at) {
            size = append_text(answer, 0, "{\"value\":\"");
            size = append_text(answer, size, at->value);
            size = append_text(answer, size, "\",\"version\":");
            size = append_number(answer, size, at->version);
            answer[size++] = '}';
        }
    } else {
        field(json, length, "value", value);
        field(json, length, "version", version);
        int64_t wanted = number(version);
        if (!at && wanted == 0) {
            map = (struct stored *)room_for(&stored, (keys + 1) * (int64_t)sizeof *map);
            at = &map[keys++];
            append_text(at->key, 0, key);
        }
        if (!at) {
            status = NO_KEY;
        } else if (at->version != wanted) {
            status = WRONG_VERSION;
            size = append_text(answer, 0, "{\"version\":");
            size = append_number(answer, size, at->version);
            answer[size++] = '}';
        } else {
            at->value[append_text(at->value, 0, value)] = 0;
            at->version++;
        }
    }
    if (request) lab_reply(request, status, answer, size);
}

/* Called when the commit index may have changed: applies, and answers. */
static void committed(void) {
    static uint8_t entry[4096];
    while (applied < commit) {
        int64_t index = ++applied;
        int length = lab_entry_read(index, entry, sizeof entry), mine = 0;
        struct name name;
        __builtin_memcpy(&name, entry, sizeof name);
        for (int i = 0; i < waiters; i++) {
            if (waiting[i].index != index) continue;
            /* Another entry may stand where ours was. */
            int is_ours = name.server == me && name.boot == boot && name.request == waiting[i].request;
            if (is_ours) mine = waiting[i].request;
            else lab_reply(waiting[i].request, WRONG_LEADER, 0, 0);
            waiting[i--] = waiting[--waiters];
        }
        apply((char *)entry + sizeof name, length - (int)sizeof name, mine);
    }
    /* Who waits at a leader of the past waits in vain, perhaps: the entry may be committed yet. */
    for (int i = 0; i < waiters; i++) {
        if (role == LEADER && waiting[i].term == lab_hard_term()) continue;
        lab_reply(waiting[i].request, WAITED_TOO_LONG, 0, 0);
        waiting[i--] = waiting[--waiters];
    }
}

EXPORT(on_request) void on_request(int32_t id, int32_t length) {
    static uint8_t entry[4096];
    if (role != LEADER || waiters == WAITING || length + sizeof(struct name) > sizeof entry) {
        lab_reply(id, WRONG_LEADER, 0, 0);
        return;
    }
    if (!boot) boot = (int32_t)lab_random() | 1;
    struct name name = {me, boot, id};
    __builtin_memcpy(entry, &name, sizeof name);
    __builtin_memcpy(entry + sizeof name, in.at, length);
    lab_append(lab_hard_term(), entry, length + sizeof name);
    waiting[waiters++] = (struct waiting){id, lab_log_length(), lab_hard_term()};
    replicate_to_all();
    count_commit();
    report();
}
