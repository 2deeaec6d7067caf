#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "nav/train_labels.h"

void train_pictures_put(struct train_pictures *pictures, const uint8_t *rgb, const uint8_t *labels,
                        const struct camera *camera, uint32_t world)
{
    size_t pixels = pictures->width * pictures->height;
    ASSERT(pixels > 0 && (size_t)camera->width == pictures->width &&
           (size_t)camera->height == pictures->height);
    if (pictures->count == pictures->capacity) {
        size_t capacity = pictures->capacity = pictures->capacity * 2 + 256;
        pictures->rgb = memory_resize(pictures->rgb, capacity, 3 * pixels);
        pictures->labels = memory_resize(pictures->labels, capacity, pixels);
        pictures->camera = memory_resize(pictures->camera, capacity, sizeof *pictures->camera);
        pictures->world = memory_resize(pictures->world, capacity, sizeof *pictures->world);
    }
    for (size_t i = 0; i < pixels; i++)
        ASSERT(labels[i] < LABEL_COUNT);
    memcpy(pictures->rgb + pictures->count * 3 * pixels, rgb, 3 * pixels);
    memcpy(pictures->labels + pictures->count * pixels, labels, pixels);
    pictures->camera[pictures->count] = *camera;
    pictures->world[pictures->count++] = world;
}

void train_pictures_clear(struct train_pictures *pictures)
{
    free(pictures->rgb);
    free(pictures->labels);
    free(pictures->camera);
    free(pictures->world);
    *pictures = (struct train_pictures){.width = pictures->width, .height = pictures->height};
}

void train_pictures_shuffle(struct train_pictures *pictures, uint64_t seed)
{
    size_t pixels = pictures->width * pictures->height;
    struct seed_stream stream = seed_stream_named(seed, "train.shuffle");
    seed_shuffle(&stream, pictures->labels, pictures->count, pixels);
}
