/* What the emulated boards share: a counter of instructions, and text through semihosting. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Starts SysTick at the processor clock. */
void counter_start(void);

/* Instructions since the start, under QEMU's `-icount shift=6`. */
uint64_t counter_read(void);

/* Executes 2 * rounds instructions. */
void spin(uint32_t rounds);

void say(const char *text);
void say_number(uint64_t number);

/* Ends the emulator; it answers 0 if `good`. */
void finish(int good);

#endif
