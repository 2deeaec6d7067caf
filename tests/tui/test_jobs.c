#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/jobs.h"

enum { COUNT = 23, BYTES = 100000 }; /* more than a pipe holds */

struct answer {
    uint32_t item, signal, process;
    uint8_t filling[BYTES];
};

struct counters {
    size_t died, done, last;
};

static void work(void *self, size_t item, void *result)
{
    struct answer *answer = result;
    (void)self;
    answer->item = (uint32_t)item;
    answer->process = (uint32_t)getpid();
    memset(answer->filling, (int)item, BYTES);
}

static void work_or_die(void *self, size_t item, void *result)
{
    if (item == 3)
        raise(SIGKILL);
    if (item == 5)
        _exit(0);
    work(self, item, result);
}

static void died(void *self, size_t item, void *result, int signal)
{
    struct answer *answer = result;
    ((struct counters *)self)->died++;
    assert_int_equal(answer->filling[0], 0); /* nothing half received */
    answer->item = (uint32_t)item + 1000;
    answer->signal = (uint32_t)signal;
}

static void done(void *self, size_t finished, size_t count)
{
    struct counters *counters = self;
    assert_int_equal(count, COUNT);
    assert_int_equal(finished, counters->last + 1);
    counters->last = finished;
    counters->done++;
}

static struct answer answers[COUNT];

static struct counters run(size_t processes, void (*how)(void *, size_t, void *))
{
    struct counters counters = {0};
    const struct jobs jobs = {COUNT, processes, sizeof *answers, answers, how, died, done, &counters};
    memset(answers, 0, sizeof answers);
    assert_int_equal(jobs_run(&jobs, &(struct error){0}), STATUS_OK);
    assert_int_equal(counters.done, COUNT);
    return counters;
}

static void test_results_come_in_the_order_of_the_items(void **state)
{
    (void)state;
    for (size_t processes = 0; processes < 5; processes++) {
        assert_int_equal(run(processes, work).died, 0);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(answers[i].item, i);
            assert_int_equal(answers[i].filling[BYTES - 1], i);
            assert_int_equal(answers[i].process == (uint32_t)getpid(), processes == 0);
        }
    }
}

static void test_a_child_that_dies_costs_its_own_item(void **state)
{
    (void)state;
    for (size_t processes = 1; processes < 4; processes++) {
        assert_int_equal(run(processes, work_or_die).died, 2);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(answers[i].item, i == 3 || i == 5 ? i + 1000 : i);
        assert_int_equal(answers[3].signal, SIGKILL);
        assert_int_equal(answers[5].signal, 0);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_come_in_the_order_of_the_items),
        cmocka_unit_test(test_a_child_that_dies_costs_its_own_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
