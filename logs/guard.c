#include "logs/guard.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "logs/status.h"

static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
static struct sigaction before[COUNT_OF(caught)];
static char guarded[160];
static volatile sig_atomic_t is_guarding;

/* Only what is safe in a handler. */
static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void on_trouble(int number)
{
    say("binnacle: ");
    say(guarded);
    say(number == SIGALRM ? " has not returned for so long that it never will"
        : number == SIGABRT ? " aborted"
        : number == SIGFPE  ? " divided by zero or the like"
                            : " touched memory that is not its own");
    say("; the program ends here, a log up to here can be completed with 'binnacle log recover'\n");
    _exit(3);
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
    size_t length = strnlen(who, sizeof guarded - 1);
    memcpy(guarded, who, length);
    guarded[length] = '\0';
    for (size_t i = 0; i < COUNT_OF(caught); i++)
        sigaction(caught[i], &(struct sigaction){.sa_handler = on_trouble, .sa_flags = SA_NODEFER}, &before[i]);
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
