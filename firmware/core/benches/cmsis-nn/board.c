/* Start-up, counter and semihosting of the emulated boards. */
#include "board.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)
#define CPACR (*(volatile uint32_t *)0xE000ED88)

#define RELOAD 0xFFFFFFu
#define ENABLED_WITH_INTERRUPT_AT_CORE_CLOCK 7u
#define INSTRUCTION_NS 64u

extern char stack_end;
extern uint32_t bss_start, bss_end;

int main(void);

static volatile uint32_t wraps;

static void wrapped(void) { wraps = wraps + 1; }

static void fault(void) { finish(0); }

__attribute__((used)) void reset(void)
{
#ifdef __ARM_FP
    CPACR |= 0xFu << 20;
    __asm volatile("dsb\n\tisb");
#endif
    for (volatile uint32_t *word = &bss_start; word < &bss_end; word++)
    {
        *word = 0;
    }
    finish(main() == 0);
}

__attribute__((used, section(".vectors"))) const void *const vectors[16] = {
    &stack_end, reset, fault, fault, fault, fault, fault, fault,
    fault,      fault, fault, fault, fault, fault, fault, wrapped,
};

void counter_start(void)
{
    SYST_RVR = RELOAD;
    SYST_CVR = 0;
    SYST_CSR = ENABLED_WITH_INTERRUPT_AT_CORE_CLOCK;
}

__attribute__((noinline)) uint64_t counter_read(void)
{
    uint32_t before, current;
    do
    {
        before = wraps;
        current = SYST_CVR;
    } while (before != wraps);
    uint64_t ticks = (uint64_t)before * (RELOAD + 1) + (RELOAD - current);
    return (ticks * TICK_NS + INSTRUCTION_NS - 1) / INSTRUCTION_NS;
}

__attribute__((noinline)) void spin(uint32_t rounds)
{
    __asm volatile(".syntax unified\n1: subs %0, %0, #1\n\tbne 1b" : "+l"(rounds) : : "cc");
}

static void semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

void say(const char *text) { semihost(0x04, text); }

void say_number(uint64_t number)
{
    char digits[24];
    char *first = digits + sizeof digits - 1;
    *first = 0;
    do
    {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    say(first);
}

void finish(int good)
{
    const uint32_t exit_code[2] = {0x20026, good ? 0 : 1};
    semihost(0x20, exit_code);
    for (;;)
    {
    }
}
