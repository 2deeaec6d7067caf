#include "perception/track.h"

#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/status.h"

enum {
    SEEN_ENOUGH = 5,   /* scans until a track may be confirmed */
    SEEN_THROUGH_ENOUGH = 4, /* scans through where a confirmed one should be */
    MISSED_ENOUGH = 2, /* scans until one that is not is given up */
    LEFT_SCANS = 2,    /* seen in the last so many */
    PAIRS_MAX = 512,
};
#define GATE 11.8             /* of the squared normalised distance: 99.7 % for two numbers */
#define GATE_M 0.9            /* and never farther than this */
#define BIRTH_NEWLY 1.0       /* returns on formerly free floor that begin a track */
#define CONFIRM_NEWLY 2.0     /* sum of them over its scans that it takes */
#define CONFIRM_MOVED_M 0.30  /* and how far it must have come */
#define CONFIRM_SPEED 0.2     /* m/s */
#define LEFT_M 0.1            /* a cell or two about a thing's edge */
#define CONFIRM_SURPRISE 1.5  /* mean squared normalised innovation; 2 if the noise were as large as assumed */
#define FASTEST 2.5           /* m/s: nobody runs here */
#define SLANT_M 0.12          /* noise and a person's own depth */
#define NEAREST_BIRTH_M 0.35  /* to another track */
#define STAND_M 0.25
#define SPEED_SD 0.8          /* m/s, of a new track */
#define RADIUS_GAIN 0.1
#define AHEAD_MAX_S 2.0       /* no prediction farther than this */

void tracker_init(struct tracker *tracker, const struct grid *grid)
{
    *tracker = (struct tracker){.stamp_ns = INT64_MIN};
    segment_ages_init(&tracker->ages, grid);
}

void tracker_clear(struct tracker *tracker) { segment_ages_clear(&tracker->ages); }

void tracker_forget(struct tracker *tracker)
{
    tracker->count = 0;
    segment_ages_forget(&tracker->ages);
}

/* --- the filter: x, y, vx, vy; the two axes share no noise but may come to share covariance ----------------- */
static void predict(struct track *track, double dt)
{
    track->at = vec2_add(track->at, vec2_scale(track->velocity_mps, dt));
    double *p = track->covariance, q = TRACK_ACCEL_SD * TRACK_ACCEL_SD;
    double next[16];
    /* F P F' with F = [I, dt I; 0, I] */
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            double pp = p[i * 4 + j], pv = p[i * 4 + j + 2], vp = p[(i + 2) * 4 + j], vv = p[(i + 2) * 4 + j + 2];
            next[i * 4 + j] = pp + dt * (pv + vp) + dt * dt * vv;
            next[i * 4 + j + 2] = pv + dt * vv;
            next[(i + 2) * 4 + j] = vp + dt * vv;
            next[(i + 2) * 4 + j + 2] = vv;
        }
        next[i * 4 + i] += q * dt * dt * dt / 3;
        next[i * 4 + i + 2] += q * dt * dt / 2;
        next[(i + 2) * 4 + i] += q * dt * dt / 2;
        next[(i + 2) * 4 + i + 2] += q * dt;
    }
    memcpy(p, next, sizeof next);
}

/* The inverse of the innovation's covariance, row-major 2x2. */
static void inverse_innovation(const struct track *track, double sd, double inverse[4])
{
    double a = track->covariance[0] + sd * sd, b = track->covariance[1], d = track->covariance[5] + sd * sd;
    double det = a * d - b * b;
    ASSERT(det > 0);
    inverse[0] = d / det;
    inverse[1] = inverse[2] = -b / det;
    inverse[3] = a / det;
}

static double distance2(const struct track *track, struct vec2 at, double sd)
{
    double s[4];
    inverse_innovation(track, sd, s);
    struct vec2 d = vec2_sub(at, track->at);
    return d.x * (s[0] * d.x + s[1] * d.y) + d.y * (s[2] * d.x + s[3] * d.y);
}

static void correct(struct track *track, struct vec2 at, double sd)
{
    double s[4], gain[8], *p = track->covariance, next[16];
    inverse_innovation(track, sd, s);
    for (int i = 0; i < 4; i++) {
        gain[i * 2] = p[i * 4] * s[0] + p[i * 4 + 1] * s[2];
        gain[i * 2 + 1] = p[i * 4] * s[1] + p[i * 4 + 1] * s[3];
    }
    struct vec2 d = vec2_sub(at, track->at);
    double state[4] = {track->at.x, track->at.y, track->velocity_mps.x, track->velocity_mps.y};
    for (int i = 0; i < 4; i++)
        state[i] += gain[i * 2] * d.x + gain[i * 2 + 1] * d.y;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            next[i * 4 + j] = p[i * 4 + j] - gain[i * 2] * p[j] - gain[i * 2 + 1] * p[4 + j];
    for (int i = 0; i < 4; i++) /* keeps it symmetric to the last bit */
        for (int j = 0; j < 4; j++)
            p[i * 4 + j] = (next[i * 4 + j] + next[j * 4 + i]) / 2;
    track->at = (struct vec2){state[0], state[1]};
    track->velocity_mps = (struct vec2){state[2], state[3]};
}

/* --- measuring ---------------------------------------------------------------------------------------------- */
/* The returns lie on the side that is seen; the mean over a round thing's width is pi/4 of its radius nearer than its
 * centre. */
static struct vec2 centre_of(const struct segment *segment, struct vec2 eye, double radius_m)
{
    struct vec2 sight = vec2_sub(segment->centroid, eye);
    double away = sqrt(sight.x * sight.x + sight.y * sight.y);
    return away > 0 ? vec2_add(segment->centroid, vec2_scale(sight, PI / 4 * radius_m / away)) : segment->centroid;
}

static double place_sd(const struct segment *segment) { return segment->hidden ? TRACK_HIDDEN_SD : TRACK_PLACE_SD; }

struct pair {
    double distance2;
    size_t track, segment;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->distance2 != y->distance2)
        return x->distance2 < y->distance2 ? -1 : 1;
    if (x->track != y->track)
        return x->track < y->track ? -1 : 1;
    return x->segment < y->segment ? -1 : x->segment > y->segment;
}

static size_t list_pairs(const struct tracker *tracker, struct vec2 eye, const struct segment *segments, size_t count,
                         struct pair *pairs)
{
    size_t found = 0;
    for (size_t t = 0; t < tracker->count; t++) {
        const struct track *track = &tracker->all[t].track;
        for (size_t s = 0; s < count && found < PAIRS_MAX; s++) {
            struct vec2 at = centre_of(&segments[s], eye, track->radius_m);
            if (vec2_distance(at, track->at) > GATE_M)
                continue;
            double d2 = distance2(track, at, place_sd(&segments[s]));
            if (d2 <= GATE)
                pairs[found++] = (struct pair){d2, t, s};
        }
    }
    qsort(pairs, found, sizeof *pairs, compare_pairs);
    return found;
}

/* How much a segment speaks for something that came: nothing when it may be a piece of wall that comes into view. */
static double came(const struct segment *segment)
{
    bool round = segment->slant_m <= fmax(SLANT_M, segment->width_m / 2);
    return segment->hidden || !round ? 0 : segment->newly;
}

/* Is something seen where the track began that is not the thing itself? Then it never was there: neighbouring still
 * things, seen one after the other, look like one that moves. */
static bool left_something(const struct segment_ages *ages, const struct tracked *tracked)
{
    const struct grid *grid = &ages->grid;
    double reach_m = tracked->track.radius_m + LEFT_M;
    struct vec2 b = tracked->born_at;
    struct cell low = grid_cell(grid, (struct vec2){b.x - reach_m, b.y - reach_m});
    struct cell high = grid_cell(grid, (struct vec2){b.x + reach_m, b.y + reach_m});
    for (int y = low.y; y <= high.y; y++)
        for (int x = low.x; x <= high.x; x++) {
            struct cell c = {x, y};
            struct vec2 at = grid_centre(grid, c);
            if (!grid_holds(grid, c) || vec2_distance(at, b) > reach_m ||
                vec2_distance(at, tracked->track.at) < reach_m)
                continue;
            size_t i = grid_index(grid, c);
            if (ages->age[i] && (uint8_t)(ages->now - ages->scan[i]) < LEFT_SCANS)
                return true;
        }
    return false;
}

/* Away from where it began, and going that way: pieces of still things seen from elsewhere jump, but do not walk. */
static bool has_walked(const struct tracked *tracked)
{
    struct vec2 moved = vec2_sub(tracked->track.at, tracked->born_at), v = tracked->track.velocity_mps;
    double moved_m = vec2_length(moved), speed = vec2_length(v);
    bool steady = tracked->surprise < CONFIRM_SURPRISE * tracked->seen;
    return steady && moved_m > CONFIRM_MOVED_M && speed > CONFIRM_SPEED && speed < FASTEST &&
           moved.x * v.x + moved.y * v.y > 0.7 * moved_m * speed;
}

static void see(const struct segment_ages *ages, struct tracked *tracked, const struct segment *segment,
                struct vec2 eye)
{
    struct track *track = &tracked->track;
    struct vec2 at = centre_of(segment, eye, track->radius_m);
    tracked->surprise += distance2(track, at, place_sd(segment));
    correct(track, at, place_sd(segment));
    if (!segment->hidden) {
        double radius_m = clamp(segment->width_m / 2, 0.1, SEGMENT_WIDEST_M / 2);
        track->radius_m += RADIUS_GAIN * (radius_m - track->radius_m);
    }
    tracked->seen++;
    tracked->missed = tracked->seen_through = 0;
    tracked->newly += came(segment);
    track->unseen_s = 0;
    if (vec2_distance(track->at, tracked->stood_at) > STAND_M) {
        tracked->stood_at = track->at;
        tracked->stood = 0;
    } else if (tracked->stood < 255) {
        tracked->stood++;
    }
    if (tracked->seen >= SEEN_ENOUGH && tracked->newly >= CONFIRM_NEWLY && has_walked(tracked) &&
        !left_something(ages, tracked))
        track->confirmed = true;
}

static void bear(struct tracker *tracker, const struct segment *segment, struct vec2 eye)
{
    struct vec2 at = centre_of(segment, eye, TRACK_RADIUS_M);
    if (tracker->count == TRACKS_MAX || came(segment) < BIRTH_NEWLY)
        return;
    for (size_t i = 0; i < tracker->count; i++)
        if (vec2_distance(tracker->all[i].track.at, at) < NEAREST_BIRTH_M)
            return;
    struct tracked *born = &tracker->all[tracker->count++];
    *born = (struct tracked){.born_at = at, .stood_at = at, .seen = 1, .newly = came(segment)};
    born->track = (struct track){.id = ++tracker->last_id, .at = at, .radius_m = TRACK_RADIUS_M};
    double sd = place_sd(segment);
    born->track.covariance[0] = born->track.covariance[5] = sd * sd;
    born->track.covariance[10] = born->track.covariance[15] = SPEED_SD * SPEED_SD;
}

/* Beams that end behind where it should be, and none that ends before: nobody is there any more. */
static bool is_seen_through(const struct track *track, struct vec2 eye, const struct segment_return *returns,
                            size_t count)
{
    struct vec2 to = vec2_sub(track->at, eye);
    double away = vec2_length(to);
    int behind = 0;
    for (size_t i = 0; i < count; i++) {
        struct vec2 end = vec2_sub(returns[i].at, eye);
        double along = (end.x * to.x + end.y * to.y) / fmax(away, 1e-6), range = fmax(returns[i].range_m, 1e-6);
        double beside = fabs(end.x * to.y - end.y * to.x) / range; /* of the beam, where it passes the track */
        if (along <= 0 || beside > track->radius_m / 2)
            continue;
        if (range < away - track->radius_m)
            return false;
        behind += range > away + 2 * track->radius_m;
    }
    return behind >= 2;
}

static bool is_dead(const struct tracked *tracked)
{
    if (!tracked->track.confirmed)
        return tracked->missed > MISSED_ENOUGH;
    return tracked->track.unseen_s > TRACK_UNSEEN_S || tracked->seen_through > SEEN_THROUGH_ENOUGH;
}

/* In their order: ids stay ascending. */
static void bury(struct tracker *tracker)
{
    size_t alive = 0;
    for (size_t i = 0; i < tracker->count; i++)
        if (!is_dead(&tracker->all[i]))
            tracker->all[alive++] = tracker->all[i];
    tracker->count = alive;
}

static size_t find_segments(struct tracker *tracker, const struct mapper *mapper, struct vec2 eye, double beam_step_rad,
                            const struct segment_return *returns, size_t count, struct segment *segments)
{
    struct segment_keep keeps[TRACKS_MAX];
    for (size_t i = 0; i < tracker->count; i++) {
        const struct tracked *tracked = &tracker->all[i];
        /* What stood there before the track came is something else. */
        keeps[i] = (struct segment_keep){tracked->track.at, tracked->track.radius_m + STAND_M, tracked->stood};
    }
    return segment_scan(&tracker->ages, mapper, eye, beam_step_rad, returns, count, keeps, tracker->count, segments);
}

void tracker_scan(struct tracker *tracker, const struct mapper *mapper, int64_t stamp_ns, struct vec2 eye,
                  double beam_step_rad, const struct segment_return *returns, size_t count)
{
    if (tracker->stamp_ns != INT64_MIN && stamp_ns <= tracker->stamp_ns)
        return;
    double dt = tracker->stamp_ns == INT64_MIN ? 0 : (double)(stamp_ns - tracker->stamp_ns) * 1e-9;
    tracker->stamp_ns = stamp_ns;
    for (size_t i = 0; i < tracker->count; i++) {
        predict(&tracker->all[i].track, fmin(dt, AHEAD_MAX_S));
        tracker->all[i].track.age_s += dt;
        tracker->all[i].track.unseen_s += dt;
    }
    struct segment segments[SEGMENTS_MAX];
    struct pair pairs[PAIRS_MAX];
    bool track_taken[TRACKS_MAX] = {false}, segment_taken[SEGMENTS_MAX] = {false};
    size_t segment_count = find_segments(tracker, mapper, eye, beam_step_rad, returns, count, segments);
    size_t pair_count = list_pairs(tracker, eye, segments, segment_count, pairs);
    for (size_t i = 0; i < pair_count; i++) {
        if (track_taken[pairs[i].track] || segment_taken[pairs[i].segment])
            continue;
        track_taken[pairs[i].track] = segment_taken[pairs[i].segment] = true;
        see(&tracker->ages, &tracker->all[pairs[i].track], &segments[pairs[i].segment], eye);
    }
    for (size_t i = 0; i < tracker->count; i++)
        if (!track_taken[i]) {
            tracker->all[i].missed++;
            tracker->all[i].seen_through += is_seen_through(&tracker->all[i].track, eye, returns, count);
        }
    bury(tracker);
    for (size_t i = 0; i < segment_count; i++)
        if (!segment_taken[i])
            bear(tracker, &segments[i], eye);
}

size_t tracker_now(const struct tracker *tracker, int64_t now_ns, struct track *out)
{
    size_t count = 0;
    for (size_t i = 0; i < tracker->count; i++) {
        if (!tracker->all[i].track.confirmed)
            continue;
        double dt = clamp((double)(now_ns - tracker->stamp_ns) * 1e-9, 0, AHEAD_MAX_S);
        out[count] = tracker->all[i].track;
        predict(&out[count], dt);
        out[count].age_s += dt;
        out[count++].unseen_s += dt;
    }
    return count;
}

uint64_t tracker_hash(const struct tracker *tracker, uint64_t hash)
{
    hash = hash_bytes(hash, &tracker->ages.history, sizeof tracker->ages.history);
    for (size_t i = 0; i < tracker->count; i++) {
        const struct track *track = &tracker->all[i].track;
        const double numbers[] = {track->at.x,     track->at.y,  track->velocity_mps.x, track->velocity_mps.y,
                                  track->radius_m, track->age_s, track->unseen_s};
        const uint32_t words[] = {track->id, track->confirmed, tracker->all[i].seen, tracker->all[i].missed};
        hash = hash_bytes(hash, numbers, sizeof numbers);
        hash = hash_bytes(hash, track->covariance, sizeof track->covariance);
        hash = hash_bytes(hash, words, sizeof words);
    }
    return hash;
}
