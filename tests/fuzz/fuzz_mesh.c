/* Any bytes as a mesh file: a sentence, or points that are finite and a hull made of them. */
#include <math.h>
#include <string.h>

#include "sim/mesh_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error err = {0};
    struct mesh_points mesh;
    if (mesh_read(&arena, "fuzz.stl", data, size, &mesh, &err))
        ASSERT(!strncmp(err.text, "fuzz.stl:", 9));
    else {
        for (uint32_t i = 0; i < mesh.count; i++)
            ASSERT(fabs(mesh.points[i].x) <= 1e6 && fabs(mesh.points[i].y) <= 1e6 && fabs(mesh.points[i].z) <= 1e6);
        struct mesh_points hull = mesh_hull(&arena, &mesh);
        ASSERT(hull.count <= MESH_HULL_MAX && hull.count <= mesh.count && (hull.count > 0) == (mesh.count > 0));
    }
    arena_clear(&arena);
    return 0;
}
