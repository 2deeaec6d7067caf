/* Any text as a scenario of ours or another format, and what follows a line "%%" as the second file it names: read,
 * expanded, its reference length taken. What is refused gets a sentence; what is accepted comes out the
 * same twice. */
#include <math.h>
#include <string.h>

#include "logs/hash.h"
#include "sim/assets.h"
#include "sim/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const double AREA_MAX_M2 = 250, LATTICE_MAX = 2000; /* larger is only slower */

static struct scenario_file asset_file(const char *name)
{
    struct scenario_file file = {0};
    const struct asset *asset = asset_find(name);
    strcpy(file.name, name);
    file.data = (uint8_t *)(uintptr_t)asset->data;
    file.size = asset->size;
    return file;
}

static bool is_small(const struct scenario *s)
{
    const struct clutter_config *c = &s->clutter;
    bool field = !c->enabled || fabs((c->x1_m - c->x0_m) * (c->y1_m - c->y0_m)) < LATTICE_MAX * square(c->pitch_m);
    return field && fabs((s->x1_m - s->x0_m) * (s->y1_m - s->y0_m)) <= AREA_MAX_M2;
}

/* A sentence about the text begins with the file it is about. */
static bool names_a_file(const char *sentence, const struct scenario_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strncmp(sentence, files[i].name, strlen(files[i].name)))
            return true;
    return false;
}

static uint64_t outcome(const struct scenario_file *files, size_t count)
{
    struct error err = {0};
    struct scenario *scenario = scenario_unpack(files, count, &err);
    uint64_t hash = HASH_START;
    if (!scenario)
        ASSERT(err.status != STATUS_OK && names_a_file(err.text, files, count));
    else if (is_small(scenario)) {
        enum status status = scenario_expand(scenario, 1, &err);
        ASSERT(status == STATUS_OK || (status == STATUS_BAD_INPUT && names_a_file(err.text, files, count)));
        double length = status ? 0 : scenario_reference_length_m(scenario);
        ASSERT(isfinite(length));
        hash = hash_bytes(hash, &length, sizeof length);
        for (size_t i = 0; i < scenario->solid_count; i++) {
            struct vec3 at = scenario->solids[i].pose.position;
            ASSERT(isfinite(at.x) && isfinite(at.y) && isfinite(at.z));
            hash = hash_bytes(hash, &at, sizeof at);
        }
        for (size_t i = 0; i < scenario->actor_count; i++)
            hash = hash_bytes(hash, scenario->actors[i].waypoints, sizeof scenario->actors[i].waypoints);
    }
    scenario_destroy(&scenario);
    return hash_text(hash, err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario_file files[] = {{.name = "fuzz.yaml"}, asset_file("office_map.yaml"), asset_file("office_map.png")};
    files[0].data = (uint8_t *)(uintptr_t)data;
    files[0].size = size;
    for (size_t i = 0; i + 4 <= size; i++)
        if (!memcmp(data + i, "\n%%\n", 4)) {
            files[0].size = i + 1;
            files[1].data = (uint8_t *)(uintptr_t)data + i + 4;
            files[1].size = size - i - 4;
            break;
        }
    ASSERT(outcome(files, COUNT_OF(files)) == outcome(files, COUNT_OF(files)));
    return 0;
}
