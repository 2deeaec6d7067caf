#define _XOPEN_SOURCE 700 /* sigaltstack */
#include "logs/guard.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "logs/status.h"

static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
static struct sigaction before[COUNT_OF(caught)];
static char guarded[160], limit[32];
static _Alignas(16) char spare_stack[1 << 16]; /* a stranger that fills the stack leaves none for the handler */
static volatile sig_atomic_t is_guarding;

/* Only what is safe in a handler. */
static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

_Noreturn static void end(const char *how, const char *more)
{
    say("binnacle: ");
    say(guarded);
    say(how);
    say(more);
    say("; the program ends here, a log up to here can be completed with 'binnacle log recover'\n");
    _exit(3);
}

static void on_trouble(int number)
{
    end(number == SIGALRM   ? " has not returned within "
        : number == SIGABRT ? " aborted"
        : number == SIGFPE  ? " divided by zero or the like"
        : number == SIGILL  ? " came to an instruction that this processor does not know"
                            : " touched memory that is not its own",
        number == SIGALRM ? limit : "");
}

/* Their exit code would pass for ours. */
static void on_exit_call(void)
{
    if (is_guarding)
        end(" called exit()", "");
}

static void prepare(void)
{
    static bool prepared;
    const stack_t stack = {.ss_sp = spare_stack, .ss_size = sizeof spare_stack};
    if (prepared)
        return;
    prepared = true;
    sigaltstack(&stack, NULL);
    atexit(on_exit_call);
}

static void alarm_in(double seconds)
{
    double whole = floor(seconds);
    struct itimerval timer = {.it_value = {(time_t)whole, (suseconds_t)((seconds - whole) * 1e6)}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

void guard_enter(const char *who, double seconds)
{
    ASSERT(!is_guarding && seconds > 0);
    const struct sigaction handler = {.sa_handler = on_trouble, .sa_flags = SA_NODEFER | SA_ONSTACK};
    size_t length = strnlen(who, sizeof guarded - 1);
    memcpy(guarded, who, length);
    guarded[length] = '\0';
    snprintf(limit, sizeof limit, "%g s", seconds);
    prepare();
    for (size_t i = 0; i < COUNT_OF(caught); i++)
        sigaction(caught[i], &handler, &before[i]);
    is_guarding = 1;
    alarm_in(seconds);
}

void guard_leave(void)
{
    ASSERT(is_guarding);
    alarm_in(0);
    is_guarding = 0;
    for (size_t i = 0; i < COUNT_OF(caught); i++)
        sigaction(caught[i], &before[i], NULL);
}
