#pragma once
int usleep(unsigned micros);
unsigned sleep(unsigned seconds);
