/* nav/policy_mppi.c - model predictive path integral: thousands of noisy futures, and the mean of the cheap ones.
 *
 * Williams, Aldrich, Theodorou 2017. Around the commands it meant to give, `batch` sequences of `steps` control
 * periods are drawn, carried through the drive's limits, and priced in seconds: a second of progress lost costs 1.
 * The new commands are the mean, weighted by exp(-cost / temperature). The noise is drawn at knots 7 steps apart and
 * interpolated: white noise would average out over the horizon. It is one table for all decisions, from a fixed
 * seed. Some futures are constant commands instead, so that standing, turning and full speed are always among them.
 * The mean of passing left and of passing right hits what is between: if the mean is not clear, the cheapest future
 * that is takes its place. */
#include <stdio.h>
#include <string.h>

#include "logs/seed.h"
#include "nav/crowd.h"
#include "nav/decision.h"
#include "nav/footprint.h"
#include "nav/mppi.h"

#define WEIGHT(name, critic, fallback, help)                                                                           \
    {name "_weight", PARAM_REAL, offsetof(struct mppi_params, weights) + (critic) * sizeof(double), fallback, 0, 100,  \
     "", help, NULL}
#define NUMBER(name, fallback, low, high, unit, help)                                                                  \
    {#name, PARAM_REAL, offsetof(struct mppi_params, name), fallback, low, high, unit, help, NULL}
static const struct param mppi_params[] = {
    {"batch", PARAM_INT, offsetof(struct mppi_params, batch), 2000, 100, MPPI_BATCH_MAX, "",
     "futures a decision", NULL},
    {"steps", PARAM_INT, offsetof(struct mppi_params, steps), 56, 14, MPPI_STEPS_MAX, "",
     "control periods a future", NULL},
    WEIGHT("progress", MPPI_PROGRESS, 1, "price of a second of progress along the path lost"),
    WEIGHT("path", MPPI_PATH, 0.5, "price of a second one metre off the path"),
    WEIGHT("heading", MPPI_HEADING, 0.3, "price of a second pointing away from the path"),
    WEIGHT("clearance", MPPI_CLEARANCE, 1.0, "price of a second in touch with something"),
    WEIGHT("speed", MPPI_SPEED, 1.0, "price of a second at full speed where there is no room for it"),
    WEIGHT("smooth", MPPI_SMOOTH, 0.1, "price of a second of turning at the limit"),
    WEIGHT("people", MPPI_PEOPLE, 8, "price of a second in touch with somebody who moves"),
    WEIGHT("collision", MPPI_COLLISION, 3, "price of hitting something, and again by the second that is left"),
    NUMBER(temperature, 0.08, 0.001, 10, "s", "how much dearer than the cheapest a future may be to count"),
    NUMBER(noise_mps, 0.4, 0.01, 2, "m/s", "sigma of the speed's noise"),
    NUMBER(noise_radps, 0.9, 0.01, 4, "rad/s", "sigma of the turn rate's noise"),
    NUMBER(margin_m, 0.03, 0, 0.5, "m", "kept free around the footprint"),
    NUMBER(comfort_m, 0.3, 0.05, 1.2, "m", "more clearance than this is not rewarded"),
    NUMBER(crawl_mps, 0.4, 0.05, 2, "m/s", "speed without any clearance"),
    NUMBER(clearance_gain, 3, 0, 40, "1/s", "speed per metre of clearance"),
    NUMBER(people_m, 0.6, 0.1, 2, "m", "distance kept from somebody who moves"),
    NUMBER(hold_s, 0.3, 0, 5, "s", "price of a command that, held, would not be clear for ttc_s"),
    NUMBER(ttc_s, 1.1, 0.2, 3, "s", "the chosen future must be clear for so long"),
};

static const char *const critic_names[MPPI_CRITICS] = {"progress", "path",   "heading", "clearance",
                                                       "speed",    "smooth", "people",  "collision"};

enum { ARCS_V = 5, ARCS_W = 9, ARCS = ARCS_V * ARCS_W, RESERVED = ARCS + 1 }; /* the last: what was meant */

struct mppi_state {
    struct standing standing;
    float v[MPPI_STEPS_MAX], w[MPPI_STEPS_MAX]; /* what is meant to be commanded from now on */
};

struct mppi { /* one decision in the making */
    const struct mppi_params *params;
    const struct policy_input *in;
    struct mppi_state *state;
    struct mppi_scene *scene;
    size_t batch, valid, best;
    double weight_sum, least, square_sum;
    double noise_v[MPPI_KNOTS], noise_w[MPPI_KNOTS]; /* weighted sums */
    double arc_v, arc_w, arc_sum;
};

/* --- the futures -------------------------------------------------------------------------------------------- */

/* Sums of twelve uniform numbers: near enough to a normal distribution, and without the C library's logarithm. */
static const float (*noise_table(void))[MPPI_KNOTS][2]
{
    static float table[MPPI_BATCH_MAX][MPPI_KNOTS][2];
    static bool drawn;
    struct seed_stream stream = seed_stream_named(0, "mppi.noise");
    for (size_t i = 0; i < MPPI_BATCH_MAX * MPPI_KNOTS * 2 && !drawn; i++) {
        double sum = -6;
        for (int j = 0; j < 12; j++)
            sum += seed_uniform(&stream);
        (&table[0][0][0])[i] = (float)sum;
    }
    drawn = true;
    return (const float(*)[MPPI_KNOTS][2])table;
}

/* From the slowest allowed to full speed, turning more finely near straight on. */
static struct twist2 arc_command(const struct mppi *mppi, size_t i)
{
    double w = (double)(i % ARCS_W) / (ARCS_W - 1) * 2 - 1, slowest = (double)mppi->scene->v_min;
    double v = slowest + (mppi->in->task->max_v_mps - slowest) * (double)(i / ARCS_W) / (ARCS_V - 1);
    return (struct twist2){v, w * fabs(w) * mppi->in->task->max_w_radps};
}

static void future_fill(const struct mppi *mppi, size_t i, struct mppi_future *future)
{
    size_t steps = (size_t)mppi->params->steps;
    if (i < ARCS) {
        struct twist2 arc = arc_command(mppi, i);
        for (size_t t = 0; t < steps; t++) {
            future->v[t] = (float)arc.v_mps;
            future->w[t] = (float)arc.w_radps;
        }
        return;
    }
    memcpy(future->v, mppi->state->v, steps * sizeof *future->v);
    memcpy(future->w, mppi->state->w, steps * sizeof *future->w);
    if (i == ARCS)
        return;
    const float(*noise)[2] = noise_table()[i];
    float by_v = (float)mppi->params->noise_mps, by_w = (float)mppi->params->noise_radps;
    for (size_t t = 0, k = 0; t < steps; k++) {
        float v = by_v * noise[k][0], w = by_w * noise[k][1];
        float dv = (by_v * noise[k + 1][0] - v) / MPPI_KNOT_STEPS, dw = (by_w * noise[k + 1][1] - w) / MPPI_KNOT_STEPS;
        for (size_t j = 0; j < MPPI_KNOT_STEPS && t < steps; j++, t++) {
            future->v[t] += v + dv * (float)j;
            future->w[t] += w + dw * (float)j;
        }
    }
}

/* exp(-x) by (1 - x / 1024)^1024: the same bits everywhere, exact enough for a weight. */
static double weight_of(double x)
{
    double y = x < 20 ? 1 - x / 1024 : 0;
    for (int i = 0; i < 10; i++)
        y *= y;
    return y;
}

/* --- the mean ----------------------------------------------------------------------------------------------- */

static void weigh(struct mppi *mppi, const struct mppi_future *futures)
{
    for (size_t i = 0; i < mppi->batch; i++) {
        if (!futures[i].price.valid)
            continue;
        double weight = weight_of(((double)futures[i].price.total - mppi->least) / mppi->params->temperature);
        mppi->weight_sum += weight;
        mppi->square_sum += weight * weight;
        if (i < ARCS) {
            struct twist2 arc = arc_command(mppi, i);
            mppi->arc_v += weight * arc.v_mps;
            mppi->arc_w += weight * arc.w_radps;
            mppi->arc_sum += weight;
        } else if (i > ARCS && weight > 1e-6) {
            const float(*noise)[2] = noise_table()[i];
            for (size_t k = 0; k < MPPI_KNOTS; k++) {
                mppi->noise_v[k] += weight * (double)noise[k][0];
                mppi->noise_w[k] += weight * (double)noise[k][1];
            }
        }
    }
}

static void mean_fill(const struct mppi *mppi, struct mppi_future *mean)
{
    ASSERT(mppi->weight_sum > 0);
    double own = 1 - mppi->arc_sum / mppi->weight_sum;
    for (size_t t = 0; t < (size_t)mppi->params->steps; t++) {
        size_t k = t / MPPI_KNOT_STEPS;
        double f = (double)(t % MPPI_KNOT_STEPS) / MPPI_KNOT_STEPS;
        double v = mppi->noise_v[k] + f * (mppi->noise_v[k + 1] - mppi->noise_v[k]);
        double w = mppi->noise_w[k] + f * (mppi->noise_w[k + 1] - mppi->noise_w[k]);
        const struct task *task = mppi->in->task;
        v = own * (double)mppi->state->v[t] + (mppi->params->noise_mps * v + mppi->arc_v) / mppi->weight_sum;
        w = own * (double)mppi->state->w[t] + (mppi->params->noise_radps * w + mppi->arc_w) / mppi->weight_sum;
        mean->v[t] = (float)clamp(v, (double)mppi->scene->v_min, task->max_v_mps);
        mean->w[t] = (float)clamp(w, -task->max_w_radps, task->max_w_radps);
    }
}

/* --- decide --------------------------------------------------------------------------------------------------- */

static struct candidate candidate_of(const struct mppi *mppi, const struct mppi_future *future)
{
    struct twist2 first = {(double)future->v[0], (double)future->w[0]};
    first.v_mps = fmax(first.v_mps, (double)mppi->scene->v_min);
    struct candidate candidate = {.command = footprint_reach(mppi->in->task, mppi->in->last, first),
                                  .valid = future->price.valid, .total = HUGE_VAL};
    if (!future->price.valid)
        return candidate;
    candidate.total = 0;
    for (size_t i = 0; i < MPPI_CRITICS; i++)
        candidate.total += candidate.costs[i] = (double)future->price.costs[i];
    return candidate;
}

static void draw(struct mppi *mppi, struct mppi_future *futures)
{
    mppi->least = HUGE_VAL;
    for (size_t i = 0; i < mppi->batch; i++) {
        future_fill(mppi, i, &futures[i]);
        mppi_price(mppi->scene, &futures[i]);
        mppi->valid += futures[i].price.valid;
        if (futures[i].price.valid && (double)futures[i].price.total < mppi->least) {
            mppi->least = (double)futures[i].price.total;
            mppi->best = i;
        }
    }
}

static void tell(const struct mppi *mppi, const struct mppi_future *chosen, bool is_mean, struct decision *out)
{
    double alike = mppi->square_sum > 0 ? square(mppi->weight_sum) / mppi->square_sum : 0;
    out->confidence = clamp((double)mppi->valid / (double)mppi->batch, 0, 1) * (is_mean ? 1 : 0.5);
    snprintf(out->reason, sizeof out->reason, "%s, %.1f m in %.1f s, %.1f m to go",
             is_mean ? "mean of the cheap futures" : "cheapest future, since the mean is not clear",
             (double)chosen->price.progress_m, mppi->params->steps * mppi->in->task->period_s,
             mppi->in->plan->length_m);
    size_t worst = MPPI_PATH;
    for (size_t i = MPPI_PATH; i < MPPI_CRITICS; i++)
        if (chosen->price.costs[i] > chosen->price.costs[worst])
            worst = i;
    snprintf(out->constraint, sizeof out->constraint, "%s %.2f s, %.2f m clear, %.0f futures agree",
             critic_names[worst], (double)chosen->price.costs[worst], (double)chosen->price.least_m, alike);
}

static void brake(struct mppi *mppi, struct decision *out)
{
    const struct policy_input *in = mppi->in;
    out->valid = fabs(in->last.v_mps) > 0.05 || fabs(in->last.w_radps) > 0.1;
    memset(mppi->state->v, 0, sizeof mppi->state->v);
    memset(mppi->state->w, 0, sizeof mppi->state->w);
    snprintf(out->reason, sizeof out->reason, "%s: none of %zu futures is clear for %.1f s",
             out->valid ? "braking" : "boxed in", mppi->batch, mppi->params->ttc_s);
    snprintf(out->constraint, sizeof out->constraint, "clearance");
    decision_choose(out, &(struct candidate){decision_slow(in), out->valid, out->valid ? 0 : HUGE_VAL, {0}});
}

/* The chosen future, one step later, is what the next decision begins with. */
static void keep(struct mppi *mppi, const struct mppi_future *chosen)
{
    size_t steps = (size_t)mppi->params->steps;
    memcpy(mppi->state->v, chosen->v + 1, (steps - 1) * sizeof *chosen->v);
    memcpy(mppi->state->w, chosen->w + 1, (steps - 1) * sizeof *chosen->w);
    for (size_t t = steps - 1; t < MPPI_STEPS_MAX; t++) {
        mppi->state->v[t] = chosen->v[steps - 1];
        mppi->state->w[t] = 0;
    }
}

static void mppi_decide(const void *params, void *state, const struct policy_input *in, struct decision *out)
{
    static struct mppi_scene scene; /* scratch: filled anew for every decision */
    static struct mppi_future futures[MPPI_BATCH_MAX], mean;
    struct mppi mppi = {.params = params, .in = in, .state = state, .scene = &scene};
    out->valid = true;
    if (decision_stands(&mppi.state->standing, in, out)) {
        memset(mppi.state->v, 0, sizeof mppi.state->v);
        memset(mppi.state->w, 0, sizeof mppi.state->w);
        return;
    }
    mppi.batch = (size_t)mppi.params->batch;
    mppi_scene_fill(&scene, mppi.params, in);
    draw(&mppi, futures);
    out->critics = critic_names;
    out->critic_count = MPPI_CRITICS;
    out->candidates_total = (uint32_t)mppi.batch;
    out->candidates_valid = (uint32_t)mppi.valid;
    if (!mppi.valid) {
        brake(&mppi, out);
        return;
    }
    weigh(&mppi, futures);
    mean_fill(&mppi, &mean);
    mppi_price(&scene, &mean);
    bool is_mean = mean.price.valid;
    const struct mppi_future *chosen = is_mean ? &mean : &futures[mppi.best];
    float dearest = (float)mppi.least + 1;
    for (size_t i = 0; i < mppi.batch; i++) {
        if (!futures[i].price.valid || futures[i].price.total > dearest)
            continue;
        struct candidate candidate = candidate_of(&mppi, &futures[i]);
        decision_offer(out, &candidate);
        if (out->candidate_count == CANDIDATES_MAX)
            dearest = (float)out->candidates[CANDIDATES_MAX - 1].total;
    }
    struct candidate first = candidate_of(&mppi, chosen);
    decision_choose(out, &first);
    tell(&mppi, chosen, is_mean, out);
    keep(&mppi, chosen);
}

extern const struct policy policy_mppi;
const struct policy policy_mppi = {
    .name = "mppi",
    .summary = "mean of thousands of sampled futures; fails where none is drawn",
    .params = mppi_params,
    .param_count = COUNT_OF(mppi_params),
    .param_size = sizeof(struct mppi_params),
    .state_size = sizeof(struct mppi_state),
    .decide = mppi_decide,
};
