#include "tui/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "logs/clock.h"
#include "sim/sensors.h"

void episode_arguments_default(struct episode_arguments *arguments) { arguments->seed = 1; }

enum status episode_arguments_apply(const struct episode_arguments *arguments, struct episode_options *options,
                                    struct error *err)
{
    *options = (struct episode_options){
        .seed = arguments->seed,
        .policy = arguments->policy,
        .shield = arguments->shield,
        .shadow = arguments->shadow,
        .sets = arguments->sets.items,
        .set_count = arguments->sets.count,
        .faults = arguments->faults.items,
        .fault_count = arguments->faults.count,
    };
    for (size_t i = 0; i < arguments->without.count; i++) {
        enum status status = sensors_without(arguments->without.items[i], &options->without, err);
        if (status)
            return status;
    }
    return STATUS_OK;
}

void command_policies(const char *names[COMMAND_POLICIES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < policy_count && count < COMMAND_POLICIES_MAX - 1; i++)
        if (strcmp(policy_table[i]->name, "teleop") != 0)
            names[count++] = policy_table[i]->name;
    names[count] = NULL;
}

struct progress progress_start(void)
{
    int64_t now_ns = clock_wall_ns();
    return (struct progress){.is_terminal = isatty(STDERR_FILENO), .start_ns = now_ns, .next_ns = now_ns + 500000000};
}

void progress_update(struct progress *progress, double fraction, const char *format, ...)
{
    int64_t now_ns = clock_wall_ns();
    if (!progress->is_terminal || now_ns < progress->next_ns)
        return;
    progress->next_ns = now_ns + 200000000;
    progress->shown = true;
    va_list args;
    va_start(args, format);
    fputs("\r\033[K", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    if (fraction > 0.01)
        fprintf(stderr, "  %.0f %%, %.0f s left", fraction * 100,
                (double)(now_ns - progress->start_ns) / 1e9 * (1 - fraction) / fraction);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
