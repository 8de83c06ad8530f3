#pragma once
_Noreturn void assert_failed(const char *what, const char *file, int line);
#define assert(what) ((what) ? (void)0 : assert_failed(#what, __FILE__, __LINE__))
