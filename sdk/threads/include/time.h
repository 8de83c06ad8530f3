/* Lab time: microseconds since the run began, whatever clock is asked. */
#pragma once
#include <stdint.h>

typedef int64_t time_t;
typedef int clockid_t;
struct timespec {
    time_t tv_sec;
    long tv_nsec;
};
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1

int clock_gettime(clockid_t clock, struct timespec *now);
int nanosleep(const struct timespec *span, struct timespec *left);
time_t time(time_t *now);
