#include "sim/social_force.h"

#include "logs/status.h"

static const double TINY = 1e-9;
static const double RANGES = 8; /* farther away than so many ranges a push is taken as none: e^-8 of it is left */

static struct vec2 unit(struct vec2 v)
{
    double length = vec2_length(v);
    return length > TINY ? vec2_scale(v, 1 / length) : (struct vec2){0, 0};
}

struct vec2 force_goal(const struct pedestrian_config *config, struct vec2 e, double speed_mps, struct vec2 velocity)
{
    ASSERT(config->relaxation_s > 0);
    return vec2_scale(vec2_sub(vec2_scale(e, speed_mps), velocity), 1 / config->relaxation_s);
}

struct vec2 force_person(const struct pedestrian_config *config, struct vec2 r, struct vec2 velocity)
{
    struct vec2 step = vec2_scale(velocity, config->step_s), from_next = vec2_sub(r, step);
    double foci = vec2_length(r) + vec2_length(from_next), twice_b = sqrt(fmax(square(foci) - vec2_dot(step, step), 0));
    /* Nothing is known of a direction at a focus, nor between them; contact is not this function's business. */
    double b = fmax(twice_b, 0.02) / 2;
    if (b > RANGES * config->repulsion_range_m)
        return (struct vec2){0, 0};
    struct vec2 slope = vec2_scale(vec2_add(unit(r), unit(from_next)), foci / (4 * b));
    double push = config->repulsion_m2ps2 / config->repulsion_range_m * exp(-b / config->repulsion_range_m);
    return vec2_scale(slope, push);
}

struct vec2 force_wall(const struct pedestrian_config *config, struct vec2 away, double distance_m)
{
    double range_m = config->wall_range_m;
    return vec2_scale(away, config->wall_m2ps2 / range_m * exp(-fmax(distance_m, 0) / range_m));
}

struct vec2 force_seen(const struct pedestrian_config *config, struct vec2 e, struct vec2 force)
{
    if (force.x == 0 && force.y == 0)
        return force;
    double ahead = -vec2_dot(e, unit(force)); /* cosine between my way and where the push comes from */
    if (ahead < cos(config->sight_rad / 2))
        return vec2_scale(force, config->behind);
    if (ahead <= 0)
        return force;
    double turn = -config->side_rad * ahead, c = cos(turn), s = sin(turn); /* to my right, as seen against the push */
    return (struct vec2){c * force.x + s * force.y, c * force.y - s * force.x};
}

struct vec2 force_group(const struct pedestrian_config *config, struct vec2 at, struct vec2 e, struct vec2 velocity,
                        const struct vec2 *others, size_t count)
{
    struct vec2 sum = {0, 0}, push = {0, 0};
    ASSERT(count > 0);
    for (size_t i = 0; i < count; i++) {
        struct vec2 apart = vec2_sub(at, others[i]);
        sum = vec2_add(sum, others[i]);
        if (vec2_length(apart) < config->group_near_m)
            push = vec2_add(push, vec2_scale(unit(apart), config->group_push_mps2));
    }
    struct vec2 to_others = vec2_sub(vec2_scale(sum, 1.0 / (double)count), at);
    struct vec2 to_middle = vec2_scale(to_others, (double)count / (double)(count + 1));
    struct vec2 force = push;
    if (vec2_length(to_middle) > (double)count / 2)
        force = vec2_add(force, vec2_scale(unit(to_middle), config->group_pull_mps2));
    double head_rad = acos(clamp(vec2_dot(e, unit(to_others)), -1, 1)) - PI / 2;
    if (head_rad > 0 && vec2_length(to_others) > config->group_near_m)
        force = vec2_sub(force, vec2_scale(velocity, config->group_gaze_radps * head_rad));
    return force;
}
