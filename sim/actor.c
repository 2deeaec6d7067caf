#include "sim/actor.h"

#include "logs/status.h"

const struct actor_class *const actor_classes[ACTOR_KIND_COUNT] = {
    [ACTOR_WALKER] = &actor_walker,
    [ACTOR_CART] = &actor_cart,
};

struct shape actor_shape(const struct actor *actor)
{
    if (actor->kind == ACTOR_WALKER)
        return (struct shape){.kind = SHAPE_CAPSULE, .radius_m = actor->radius_m,
                              .height_m = actor->height_m - 2 * actor->radius_m};
    if (actor->size_m.z > 0)
        return (struct shape){.kind = SHAPE_BOX, .half_m = vec3_scale(actor->size_m, 0.5)};
    return (struct shape){.kind = SHAPE_CYLINDER, .radius_m = actor->radius_m, .height_m = actor->height_m};
}

struct pose3 actor_pose(const struct actor *actor, const struct actor_state *state)
{
    double height_m = actor->size_m.z > 0 ? actor->size_m.z : actor->height_m;
    return (struct pose3){{state->at.x, state->at.y, height_m / 2}, quat_from_yaw(state->heading_rad)};
}

double actor_reach_m(const struct actor *actor)
{
    return actor->size_m.z > 0 ? vec2_length((struct vec2){actor->size_m.x, actor->size_m.y}) / 2 : actor->radius_m;
}

void actors_move(const struct actor_scene *scene)
{
    ASSERT(scene->dt_s > 0 && isfinite(scene->now_s));
    for (size_t i = 0; i < scene->scenario->actor_count; i++)
        actor_classes[scene->scenario->actors[i].kind]->move(scene, i);
}
