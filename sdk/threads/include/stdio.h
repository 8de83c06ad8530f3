/* A line of printf is a line of the server in the list of events. Formats: %d %i %u %ld %lld %x %c %s %p %%,
 * with a width and zeros; no floating point. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

typedef struct { int unused; } FILE;
#define stdout ((FILE *)0)
#define stderr ((FILE *)0)

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
int snprintf(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *to, size_t size, const char *format, va_list values);
int puts(const char *line);
int fflush(FILE *file);
