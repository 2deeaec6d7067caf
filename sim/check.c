#include "sim/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHECK_MODE_NAME(id, name) name,
const char *const check_mode_names[CHECK_MODE_COUNT] = {CHECK_MODES(CHECK_MODE_NAME)};

struct check {
    const struct check_options *options;
    const struct tolerance *tolerance;
    struct rerun rerun;
    struct trace logged, fresh;
    struct check_report *report;
    void (*progress)(void *self, uint64_t tick, uint64_t last);
    void *self;
    struct error *err;
};

static void progress_tell(const struct check *c)
{
    if (c->progress)
        c->progress(c->self, c->fresh.row_count, c->rerun.last_tick);
}

/* --- bit-exact
 * ----------------------------------------------------------------------------------------------------- */

static enum status walk_once(struct check *c, struct walk *walk)
{
    struct rerun_run run = {0};
    const struct sink sinks[] = {{walk_put, walk}, {trace_put, &c->fresh}};
    struct error refusal = {0};
    bool more = true;
    *walk = (struct walk){.log = c->rerun.log, .err = c->err};
    trace_clear(&c->fresh);
    enum status status = rerun_rewind(&c->rerun, c->err);
    if (!status)
        status = rerun_start(&run, &c->rerun, &c->rerun.options, sinks, COUNT_OF(sinks), c->err);
    while (!status && more && !walk->over) {
        if (rerun_step(&run, &more, &refusal))
            walk_refused(walk, refusal.text);
        progress_tell(c);
    }
    if (!status)
        walk_finish(walk);
    rerun_end(&run);
    walk_clear(walk);
    return status ? status : walk->status;
}

static bool walks_agree(const struct walk *a, const struct walk *b)
{
    return a->differs == b->differs && a->frames == b->frames &&
           (!a->differs ||
            (!strcmp(a->first.topic, b->first.topic) && !strcmp(a->first.field.path, b->first.field.path) &&
             !strcmp(a->first.field.right, b->first.field.right)));
}

static enum status check_exact(struct check *c)
{
    struct check_report *r = c->report;
    struct walk walk, again;
    enum status status = walk_once(c, &walk);
    if (!status && !c->options->once) {
        status = walk_once(c, &again);
        r->unstable = !status && !walks_agree(&walk, &again);
        r->second = again.first;
    }
    r->same = !walk.differs && !r->unstable;
    r->complete = walk.complete;
    r->ticks = walk.ticks;
    r->frames = walk.frames;
    r->first = walk.differs ? walk.first : r->second;
    return status;
}

/* --- side by side
 * -------------------------------------------------------------------------------------------------- */

static enum status align_once(struct check *c)
{
    struct rerun_run run = {0};
    bool more = true;
    trace_clear(&c->logged);
    trace_clear(&c->fresh);
    struct align *align = align_create(c->tolerance, c->rerun.log, c->rerun.tick_ns, &c->logged, &c->fresh,
                                       &c->report->fields);
    const struct sink sink = {align_put, align};
    enum status status = rerun_rewind(&c->rerun, c->err);
    if (!status)
        status = rerun_start(&run, &c->rerun, &c->rerun.options, &sink, 1, c->err);
    while (!status && more) {
        if (rerun_step(&run, &more, &(struct error){0})) { /* a command is refused: its message will be missing */
            run.next++;
            more = true;
        }
        more = more && (c->rerun.complete || c->fresh.row_count < c->rerun.last_tick);
        progress_tell(c);
    }
    if (!status)
        status = align_finish(align, c->err);
    align_destroy(&align);
    rerun_end(&run);
    return status;
}

/* What the tolerances make of it: the first field out of bounds, or a message without a partner if that came
 * earlier. */
static void judge(struct check *c)
{
    struct check_report *r = c->report;
    const struct align_report *fields = &r->fields;
    bool strayed = fields->deleted || fields->inserted;
    bool measures = true;
    for (int i = 0; i < MEASURE_COUNT; i++)
        measures &= r->measurements[i].within;
    r->mode = CHECK_TOLERANCE;
    r->same = !fields->field_count && !strayed && measures && !r->unstable;
    r->first = (struct difference){0};
    if (strayed && (!fields->field_count || fields->first_stray_tick < fields->fields[0].tick)) {
        r->first.tick = fields->first_stray_tick;
        snprintf(r->first.topic, sizeof r->first.topic, "%s", "(messages)");
        snprintf(r->first.field.path, sizeof r->first.field.path, "%s", fields->first_stray);
    } else if (fields->field_count) {
        r->first.tick = fields->fields[0].tick;
        r->first.field = fields->fields[0].first;
        memcpy(r->first.topic, fields->fields[0].topic, sizeof r->first.topic);
    }
}

static enum status check_side_by_side(struct check *c)
{
    struct check_report *r = c->report;
    enum status status = align_once(c);
    if (status)
        return status;
    r->compared = true;
    r->complete = c->logged.complete;
    measure_drives(c->tolerance, &c->logged, &c->fresh, r->measurements);
    if (c->options->tolerance || !r->same_build)
        judge(c);
    return STATUS_OK;
}

/* --- the report --------------------------------------------------------------------------------------------------
 * */

static void side_fill(struct check_side *side, const struct trace *trace)
{
    const struct trace_row *last = trace->row_count ? &trace->rows[trace->row_count - 1] : &(struct trace_row){0};
    *side = (struct check_side){
        .ticks = last->tick,
        .hash = last->hash,
        .sim_time_s = trace->sim_time_s,
        .path_length_m = trace->path_length_m,
        .spl = trace->spl,
        .min_clearance_m = trace->min_clearance_m,
    };
    memcpy(side->outcome, trace->outcome, sizeof side->outcome);
    memcpy(side->violations, trace->violations, sizeof side->violations);
}

static void before_fill(struct check *c, uint64_t tick)
{
    struct check_report *r = c->report;
    size_t end = 0;
    while (end < c->fresh.row_count && c->fresh.rows[end].tick < tick)
        end++;
    for (size_t i = end > CHECK_BEFORE ? end - CHECK_BEFORE : 0; i < end; i++)
        r->before[r->before_count++] = (struct check_before){
            c->fresh.rows[i], i < c->logged.row_count && c->fresh.rows[i].hash == c->logged.rows[i].hash};
}

static enum status check_counterfactual(struct check *c)
{
    struct check_report *r = c->report;
    const struct check_options *o = c->options;
    const struct counterfactual_question question = {
        .policy = o->policy, .sets = o->sets, .set_count = o->set_count, .faults = o->faults,
        .fault_count = o->fault_count, .open_loop = o->open_loop, .tolerance = c->tolerance};
    enum status status = counterfactual_run(&c->rerun, &question, c->progress, c->self, &c->logged, &c->fresh,
                                            &r->counterfactual, c->err);
    r->mode = o->open_loop ? CHECK_OPEN_LOOP : CHECK_CLOSED_LOOP;
    snprintf(r->new_policy, sizeof r->new_policy, "%s", o->policy ? o->policy : c->rerun.options.policy);
    if (status)
        return status;
    r->complete = c->logged.complete;
    r->same = !r->counterfactual.different && (o->open_loop || !strcmp(c->logged.outcome, c->fresh.outcome));
    r->first.tick = r->counterfactual.first_tick;
    r->compared = !o->open_loop;
    if (r->compared)
        measure_drives(c->tolerance, &c->logged, &c->fresh, r->measurements);
    return STATUS_OK;
}

static enum status check_run(struct check *c)
{
    struct check_report *r = c->report;
    enum status status;
    if (c->options->policy || c->options->set_count || c->options->fault_count || c->options->open_loop) {
        status = check_counterfactual(c);
    } else {
        status = check_exact(c);
        if (!status && !r->same && !r->unstable)
            status = check_side_by_side(c);
    }
    if (status)
        return status;
    side_fill(&r->fresh, &c->fresh);
    side_fill(&r->logged, r->mode == CHECK_EXACT && r->same ? &c->fresh : &c->logged);
    if (!r->same)
        before_fill(c, r->first.tick);
    if (r->compared)
        measure_violations(&c->logged, &c->fresh, r->violation_changes, sizeof r->violation_changes);
    return STATUS_OK;
}

enum status check_log(const char *path, const struct check_options *options,
                      void (*progress)(void *self, uint64_t tick, uint64_t last), void *self,
                      struct check_report *report, struct error *err)
{
    struct tolerance *defaults = tolerance_default();
    struct check c = {.options = options, .tolerance = options->tolerance ? options->tolerance : defaults,
                      .report = report, .progress = progress, .self = self, .err = err};
    *report = (struct check_report){0};
    enum status status = rerun_open(&c.rerun, path, err);
    if (!status) {
        memcpy(report->scenario, c.rerun.scenario, sizeof report->scenario);
        memcpy(report->log_build, c.rerun.log_build, sizeof report->log_build);
        snprintf(report->policy, sizeof report->policy, "%s", c.rerun.options.policy);
        report->seed = c.rerun.options.seed;
        report->same_build = c.rerun.same_build;
        status = check_run(&c);
        report->checksum_wrong = mcap_reader_info(playback_reader(c.rerun.log))->bad_checksums > 0;
        if (!status && report->same && report->checksum_wrong)
            status = error_set(err, STATUS_CORRUPT,
                               "a checksum is wrong, though every message agrees; copy the log again");
        if (status)
            error_context(err, "%s: after tick %" PRIu64, path, report->ticks);
    }
    rerun_close(&c.rerun);
    trace_clear(&c.logged);
    trace_clear(&c.fresh);
    tolerance_destroy(&defaults);
    return status;
}
