/* Any text as a URDF, and what follows a line "%%" as every mesh it names. What is refused gets a sentence with a
 * place; what is accepted is something Bullet can take, and comes out the same twice. */
#include <math.h>
#include <string.h>

#include "logs/hash.h"
#include "sim/urdf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *urdf, *mesh;
    size_t urdf_size, mesh_size;
};

static enum status mesh_take(void *self, const char *name, const uint8_t **data, size_t *size, struct error *err)
{
    const struct input *input = self;
    if (!input->mesh)
        return error_set(err, STATUS_IO, "no mesh '%s'", name);
    *data = input->mesh;
    *size = input->mesh_size;
    return STATUS_OK;
}

static uint64_t body_hash(const struct robot_body *body, uint64_t hash)
{
    struct physics_body_def def = physics_body_def_default();
    struct error err = {0};
    def.motion = PHYSICS_DYNAMIC;
    def.pose = body->pose;
    def.parts = body->parts;
    def.part_count = body->part_count;
    def.part_friction = body->part_friction;
    def.mass_kg = body->mass_kg;
    def.centre_of_mass_m = body->centre_m;
    def.inertia_kgm2 = body->inertia_kgm2;
    def.inertia_axes = body->inertia_axes;
    ASSERT(physics_body_check(&def, &err) == STATUS_OK);
    hash = hash_bytes(hash, &body->pose, sizeof body->pose);
    return hash_bytes(hash, &body->inertia_kgm2, sizeof body->inertia_kgm2);
}

static uint64_t outcome(struct input *input)
{
    const struct urdf_options options = {"", "", "", 0.9};
    const struct urdf_files files = {mesh_take, input};
    struct error err = {0};
    struct robot_config config = {.max_v_mps = 1, .min_v_mps = -1, .max_w_radps = 1, .max_torque_nm = 1};
    struct robot_model *model = urdf_load("fuzz.urdf", input->urdf, input->urdf_size, &options, &files, &err);
    uint64_t hash = HASH_START;
    if (!model) {
        ASSERT(err.status == STATUS_BAD_INPUT && !strncmp(err.text, "fuzz.urdf:", 10));
        return hash_text(hash, err.text);
    }
    for (size_t i = 0; i < model->body_count; i++)
        hash = body_hash(&model->bodies[i], hash);
    robot_model_measure(model, &config);
    ASSERT(config.length_m > 0 && config.width_m > 0 && config.height_m > 0 && config.mass_kg > 0);
    ASSERT(config.wheel_radius_m > 0 && config.wheel_base_m > 0 && isfinite(config.wheel_base_scale));
    robot_model_destroy(&model);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.urdf = data, .urdf_size = size};
    for (size_t i = 0; i + 4 <= size && !input.mesh; i++)
        if (!memcmp(data + i, "\n%%\n", 4))
            input = (struct input){.urdf = data, .urdf_size = i + 1, .mesh = data + i + 4, .mesh_size = size - i - 4};
    ASSERT(outcome(&input) == outcome(&input));
    return 0;
}
