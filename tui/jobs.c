#include "tui/jobs.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int fd;
    size_t item, received;
};

static char *result_at(const struct jobs *jobs, size_t item)
{
    return (char *)jobs->results + item * jobs->result_size;
}

static void child_work(const struct jobs *jobs, size_t item, int fd)
{
    const char *result = result_at(jobs, item);
    jobs->work(jobs->self, item, result_at(jobs, item));
    for (size_t sent = 0; sent < jobs->result_size;) {
        ssize_t n = write(fd, result + sent, jobs->result_size - sent);
        if (n < 0 && errno != EINTR)
            _exit(1);
        sent += n > 0 ? (size_t)n : 0;
    }
    fflush(stderr);
    _exit(0); /* what the parent has buffered is the parent's to write */
}

static enum status child_start(const struct jobs *jobs, struct child *child, size_t item, struct error *err)
{
    int ends[2];
    if (pipe(ends))
        return error_set(err, STATUS_IO, "cannot start a process for item %zu: %s", item, strerror(errno));
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child_work(jobs, item, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return error_set(err, STATUS_IO, "cannot start a process for item %zu: %s; use fewer --jobs", item,
                         strerror(errno));
    }
    *child = (struct child){pid, ends[0], item, 0};
    return STATUS_OK;
}

static void child_end(const struct jobs *jobs, const struct child *child)
{
    int how = 0;
    close(child->fd);
    while (waitpid(child->pid, &how, 0) < 0 && errno == EINTR)
        ;
    if (child->received == jobs->result_size)
        return;
    memset(result_at(jobs, child->item), 0, jobs->result_size);
    jobs->died(jobs->self, child->item, result_at(jobs, child->item), WIFSIGNALED(how) ? WTERMSIG(how) : 0);
}

/* Takes what the child has to say; true when that was all. */
static bool child_read(const struct jobs *jobs, struct child *child)
{
    char beyond;
    size_t left = jobs->result_size - child->received;
    ssize_t n = read(child->fd, left ? result_at(jobs, child->item) + child->received : &beyond, left ? left : 1);
    if (n < 0)
        return errno != EINTR;
    child->received += (size_t)n;
    return n == 0;
}

static enum status in_processes(const struct jobs *jobs, struct error *err)
{
    struct child children[JOBS_MAX];
    struct pollfd polls[JOBS_MAX];
    size_t running = 0, next = 0, finished = 0;
    enum status status = STATUS_OK;
    ASSERT(jobs->processes <= JOBS_MAX);
    while (running || (next < jobs->count && !status)) {
        while (!status && next < jobs->count && running < jobs->processes)
            if (!(status = child_start(jobs, &children[running], next, err))) {
                running++;
                next++;
            }
        for (size_t i = 0; i < running; i++)
            polls[i] = (struct pollfd){children[i].fd, POLLIN, 0};
        if (poll(polls, (nfds_t)running, -1) < 0)
            continue;
        for (size_t i = running; i-- > 0;)
            if (polls[i].revents && child_read(jobs, &children[i])) {
                child_end(jobs, &children[i]);
                children[i] = children[--running];
                if (jobs->done)
                    jobs->done(jobs->self, ++finished, jobs->count);
            }
    }
    return status;
}

enum status jobs_run(const struct jobs *jobs, struct error *err)
{
    if (jobs->processes)
        return in_processes(jobs, err);
    for (size_t i = 0; i < jobs->count; i++) {
        jobs->work(jobs->self, i, result_at(jobs, i));
        if (jobs->done)
            jobs->done(jobs->self, i + 1, jobs->count);
    }
    return STATUS_OK;
}
