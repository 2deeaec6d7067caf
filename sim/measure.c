#include <math.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/align.h"

enum { ONSETS_MAX = 512 }; /* more of them are not laid side by side */

#define MEASURE_NAME(id, name, what) name,
const char *const measure_names[MEASURE_COUNT] = {MEASURES(MEASURE_NAME)};

/* lengths[i][j]: longest common subsequence of logged[i..] and fresh[j..]. */
static uint16_t *common_lengths(const struct trace *logged, const struct trace *fresh, size_t n, size_t m)
{
    uint16_t *lengths = NEW_ARRAY((n + 1) * (m + 1), uint16_t);
    for (size_t i = n; i-- > 0;)
        for (size_t j = m; j-- > 0;) {
            uint16_t down = lengths[(i + 1) * (m + 1) + j], right = lengths[i * (m + 1) + j + 1];
            uint16_t both = (uint16_t)(lengths[(i + 1) * (m + 1) + j + 1] + 1);
            bool same = logged->onsets[i].id == fresh->onsets[j].id;
            lengths[i * (m + 1) + j] = same ? both : down > right ? down : right;
        }
    return lengths;
}

/* Appends up to what fits; returns how many edits there are. */
static size_t violations_edit(const struct trace *logged, const struct trace *fresh, char *text, size_t size)
{
    size_t n = logged->onset_count < ONSETS_MAX ? logged->onset_count : ONSETS_MAX;
    size_t m = fresh->onset_count < ONSETS_MAX ? fresh->onset_count : ONSETS_MAX;
    uint16_t *lengths = common_lengths(logged, fresh, n, m);
    size_t edits = 0, length = 0;
    for (size_t i = 0, j = 0; i < n || j < m;) {
        if (i < n && j < m && logged->onsets[i].id == fresh->onsets[j].id) {
            i++;
            j++;
            continue;
        }
        bool gone = j == m || (i < n && lengths[(i + 1) * (m + 1) + j] >= lengths[i * (m + 1) + j + 1]);
        const struct trace_onset *onset = gone ? &logged->onsets[i++] : &fresh->onsets[j++];
        if (length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%c%s@%" PRIu64, edits ? " " : "",
                                       gone ? '-' : '+', violation_table[onset->id].id, onset->tick);
        edits++;
    }
    free(lengths);
    return edits;
}

void measure_violations(const struct trace *logged, const struct trace *fresh, char *text, size_t size)
{
    *text = '\0';
    violations_edit(logged, fresh, text, size);
}

static void distances(const struct trace *logged, const struct trace *fresh, double *most_m, double *rms_m)
{
    size_t count = logged->row_count < fresh->row_count ? logged->row_count : fresh->row_count;
    double sum = 0;
    *most_m = 0;
    for (size_t i = 0; i < count; i++) {
        double distance_m = trace_distance_m(logged, fresh, i);
        *most_m = fmax(*most_m, distance_m);
        sum += square(distance_m);
    }
    *rms_m = count ? sqrt(sum / (double)count) : 0;
}

static struct measurement between(double logged, double fresh)
{
    bool same = logged == fresh; /* two infinities are */
    return (struct measurement){logged, fresh, same ? 0 : fabs(logged - fresh), true};
}

void measure_drives(const struct tolerance *tolerance, const struct trace *logged, const struct trace *fresh,
                    struct measurement measurements[MEASURE_COUNT])
{
    char ignored[1];
    double most_m, rms_m;
    distances(logged, fresh, &most_m, &rms_m);
    measurements[MEASURE_POSE_MAX] = between(0, most_m);
    measurements[MEASURE_POSE_RMS] = between(0, rms_m);
    measurements[MEASURE_TIME] = between(logged->sim_time_s, fresh->sim_time_s);
    measurements[MEASURE_PATH_LENGTH] = between(logged->path_length_m, fresh->path_length_m);
    measurements[MEASURE_MIN_CLEARANCE] = between(logged->min_clearance_m, fresh->min_clearance_m);
    measurements[MEASURE_COLLISIONS] = between(trace_collisions(logged), trace_collisions(fresh));
    measurements[MEASURE_VIOLATIONS] = between(0, (double)violations_edit(logged, fresh, ignored, 0));
    measurements[MEASURE_OUTCOME] = between(0, logged->complete && strcmp(logged->outcome, fresh->outcome) != 0);
    if (!logged->complete || !fresh->complete) /* no result, nothing to hold against it */
        for (int i = MEASURE_TIME; i <= MEASURE_MIN_CLEARANCE; i++)
            measurements[i] = between(0, 0);
    for (int i = 0; i < MEASURE_COUNT; i++) {
        struct measurement *m = &measurements[i];
        m->within = bound_holds(tolerance_bound(tolerance, "measure", measure_names[i]), m->logged, m->fresh,
                                m->difference);
    }
}
