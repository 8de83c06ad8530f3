/* As much of C's library as a Raft needs, without a system under it. */
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raftlab.h"

/* ---- Memory: pieces of powers of two, each with its size before it. ---- */

extern char __heap_base;
static char *heap, *heap_end;
static void *unused[32];

void *malloc(size_t size) {
    int power = 5;
    while (((size_t)1 << power) < size + 16) power++;
    char *piece = unused[power];
    if (piece) {
        unused[power] = *(void **)(piece + 16);
        return piece + 16;
    }
    size_t whole = (size_t)1 << power;
    if (!heap) {
        heap = (char *)(((size_t)&__heap_base + 15) & ~(size_t)15);
        heap_end = (char *)(__builtin_wasm_memory_size(0) * 65536);
    }
    if (heap + whole > heap_end) {
        size_t pages = (heap + whole - heap_end + 65535) / 65536;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) {
            static const char why[] = "malloc: no memory is left";
            lab_log(why, sizeof why - 1);
            __builtin_trap();
        }
        heap_end += pages * 65536;
    }
    piece = heap;
    heap += whole;
    *(int *)piece = power;
    return piece + 16;
}

void free(void *memory) {
    if (!memory) return;
    int power = *(int *)((char *)memory - 16);
    *(void **)memory = unused[power];
    unused[power] = (char *)memory - 16;
}

void *calloc(size_t count, size_t size) { return memset(malloc(count * size), 0, count * size); }

void *realloc(void *memory, size_t size) {
    if (!memory) return malloc(size);
    size_t room = ((size_t)1 << *(int *)((char *)memory - 16)) - 16;
    if (size <= room) return memory;
    void *more = memcpy(malloc(size), memory, room);
    free(memory);
    return more;
}

int rand(void) { return lab_random() & RAND_MAX; }

void srand(unsigned seed) {}

void abort(void) { __builtin_trap(); }

void exit(int status) {
    printf("exit(%d)\n", status);
    __builtin_trap();
}

void assert_failed(const char *what, const char *file, int line) {
    printf("%s:%d: assertion failed: %s\n", file, line, what);
    __builtin_trap();
}

/* ---- Texts. ---- */

void *memcpy(void *to, const void *from, size_t length) {
    __builtin_memcpy(to, from, length); /* one instruction (-mbulk-memory) */
    return to;
}

void *memmove(void *to, const void *from, size_t length) {
    __builtin_memmove(to, from, length);
    return to;
}

void *memset(void *at, int byte, size_t length) {
    __builtin_memset(at, byte, length);
    return at;
}

int memcmp(const void *a, const void *b, size_t length) {
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < length; i++)
        if (x[i] != y[i]) return x[i] - y[i];
    return 0;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, (size_t)-1); }

int strncmp(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i] || !a[i]) return (unsigned char)a[i] - (unsigned char)b[i];
    return 0;
}

char *strcpy(char *to, const char *from) { return memcpy(to, from, strlen(from) + 1); }

char *strncpy(char *to, const char *from, size_t length) {
    size_t i = 0;
    for (; i < length && from[i]; i++) to[i] = from[i];
    for (; i < length; i++) to[i] = 0;
    return to;
}

char *strdup(const char *text) { return strcpy(malloc(strlen(text) + 1), text); }

/* ---- printf: what is printed is a line of the server. ---- */

struct output {
    char *at;
    size_t room, length;
};

static void put(struct output *out, char c) {
    if (out->length + 1 < out->room) out->at[out->length] = c;
    out->length++;
}

static void put_number(struct output *out, uint64_t number, int base, int minus, int width, char fill) {
    char digits[24];
    int count = 0;
    do digits[count++] = "0123456789abcdef"[number % base];
    while (number /= base);
    if (minus && fill == '0') put(out, '-');
    for (int i = count + minus; i < width; i++) put(out, fill);
    if (minus && fill != '0') put(out, '-');
    while (count) put(out, digits[--count]);
}

int vsnprintf(char *to, size_t size, const char *format, va_list values) {
    struct output out = {to, size, 0};
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            put(&out, *at);
            continue;
        }
        char fill = ' ';
        int width = 0, longs = 0;
        at++;
        if (*at == '0') fill = '0', at++;
        while (*at >= '0' && *at <= '9') width = width * 10 + *at++ - '0';
        for (; *at == 'l' || *at == 'z'; at++) longs += *at == 'l';
        int64_t number;
        switch (*at) {
        case 'd':
        case 'i':
            number = longs > 1 ? va_arg(values, long long) : va_arg(values, int);
            put_number(&out, number < 0 ? 0 - (uint64_t)number : number, 10, number < 0, width, fill);
            break;
        case 'u':
        case 'x':
        case 'p':
            number = longs > 1 ? va_arg(values, long long) : va_arg(values, unsigned);
            put_number(&out, number, *at == 'u' ? 10 : 16, 0, width, fill);
            break;
        case 'c': put(&out, va_arg(values, int)); break;
        case 's': {
            const char *text = va_arg(values, const char *);
            if (!text) text = "(null)";
            for (int i = strlen(text); i < width; i++) put(&out, ' ');
            while (*text) put(&out, *text++);
            break;
        }
        case 0: at--; break;
        default: put(&out, *at);
        }
    }
    if (size) to[out.length < size ? out.length : size - 1] = 0;
    return out.length;
}

int snprintf(char *to, size_t size, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = vsnprintf(to, size, format, values);
    va_end(values);
    return length;
}

static char line[512];
static size_t line_length;

static void print(const char *text) {
    for (; *text; text++) {
        if (*text != '\n') line[line_length++] = *text;
        if (*text == '\n' || line_length == sizeof line) fflush(stdout);
    }
}

int fflush(FILE *file) {
    if (line_length) lab_log(line, line_length);
    line_length = 0;
    return 0;
}

int puts(const char *text) {
    print(text);
    print("\n");
    return 0;
}

static int print_all(const char *format, va_list values) {
    char text[1024];
    int length = vsnprintf(text, sizeof text, format, values);
    print(text);
    return length;
}

int printf(const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = print_all(format, values);
    va_end(values);
    return length;
}

int fprintf(FILE *file, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = print_all(format, values);
    va_end(values);
    return length;
}
