/* A cart is where its spline says, whoever is in the way: its place is a function of time alone. */
#include "logs/hash.h"
#include "logs/status.h"
#include "sim/actor.h"

static const double HEADING_SPEED_MPS = 1e-6; /* slower, and it keeps the heading it has */

static void cart_place(const struct actor *actor, double now_s, struct actor_state *state)
{
    ASSERT(actor->spline);
    struct spline_point point = spline_at(actor->spline, now_s);
    state->at = point.at;
    state->velocity_mps = point.velocity_mps;
    if (vec2_length(point.velocity_mps) > HEADING_SPEED_MPS)
        state->heading_rad = wrap_angle(atan2(point.velocity_mps.y, point.velocity_mps.x));
}

static void cart_start(const struct actor *actor, struct seed_stream *pauses, struct actor_state *state)
{
    (void)pauses;
    *state = (struct actor_state){0};
    cart_place(actor, 0, state);
}

static void cart_move(const struct actor_scene *scene, size_t index)
{
    cart_place(&scene->scenario->actors[index], scene->now_s, &scene->states[index]);
}

static uint64_t cart_hash(const struct actor_state *state, uint64_t hash)
{
    const double reals[] = {state->at.x, state->at.y, state->heading_rad};
    return hash_bytes(hash, reals, sizeof reals);
}

const struct actor_class actor_cart = {"cart", true, cart_start, NULL, cart_move, cart_hash};
