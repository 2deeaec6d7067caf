/* Every way in which a stranger's code may end us: exit code 3 and a sentence that says who and how. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "logs/guard.h"
#include "logs/status.h"

static volatile int always = 1;

static void crash(void) { raise(SIGSEGV); } /* a null pointer would be found by sanitizers first */
static void refuse(void) { raise(SIGILL); }
static void divide(void) { raise(SIGFPE); }
static void give_up(void) { abort(); }
static void hang(void) { while (always) continue; }
static void leave(void) { exit(0); }
static int deeper(int depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    return always ? deeper(depth + 1) + room[0] : 0;
}
static void recurse(void) { deeper(0); }
static void behave(void) {}

static int outcome(void (*stranger)(void), char *said, size_t size)
{
    int pipes[2], status;
    assert_int_equal(pipe(pipes), 0);
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        dup2(pipes[1], STDERR_FILENO);
        signal(SIGSEGV, SIG_DFL); /* sanitizers have handlers of their own */
        guard_enter("the policy x", stranger == hang ? 0.1 : 5);
        stranger();
        guard_leave();
        _exit(42);
    }
    close(pipes[1]);
    size_t length = 0;
    for (ssize_t got; length + 1 < size && (got = read(pipes[0], said + length, size - 1 - length)) > 0;)
        length += (size_t)got;
    said[length] = '\0';
    close(pipes[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_each_way(void **state)
{
    (void)state;
    static const struct {
        void (*stranger)(void);
        const char *says;
    } cases[] = {
        {crash, "the policy x touched memory that is not its own"},
        {refuse, "the policy x came to an instruction that this processor does not know"},
        {divide, "the policy x divided by zero"},
        {give_up, "the policy x aborted"},
        {hang, "the policy x has not returned within 0.1 s"},
        {leave, "the policy x called exit()"},
        {recurse, "the policy x touched memory that is not its own"},
    };
    char said[1000];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int code = outcome(cases[i].stranger, said, sizeof said);
        if (code != 3 || !strstr(said, cases[i].says) || !strstr(said, "log recover"))
            fail_msg("case %zu: code %d, not \"%s\" but: %s", i, code, cases[i].says, said);
    }
    assert_int_equal(outcome(behave, said, sizeof said), 42);
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
