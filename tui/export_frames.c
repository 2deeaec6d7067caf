#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "logs/memory.h"
#include "logs/message_tally.h"
#include "logs/png.h"
#include "tui/export.h"
#include "tui/picture.h"

enum pixel { PIXEL_RGB, PIXEL_BGR, PIXEL_GREY, PIXEL_DEPTH_M, PIXEL_DEPTH_MM };

static const struct encoding {
    const char *name;
    enum pixel pixel;
    uint32_t bytes; /* per pixel */
} encodings[] = {
    {"rgb8", PIXEL_RGB, 3},   {"bgr8", PIXEL_BGR, 3},    {"rgba8", PIXEL_RGB, 4},     {"bgra8", PIXEL_BGR, 4},
    {"mono8", PIXEL_GREY, 1}, {"8UC1", PIXEL_GREY, 1},   {"32FC1", PIXEL_DEPTH_M, 4}, {"16UC1", PIXEL_DEPTH_MM, 2},
};

bool export_is_image(const struct message_type *type)
{
    return !strcmp(type->name, "Image") && message_same_shape(type, &message_type_image);
}

void export_frames_clear(struct export_frames *frames)
{
    free(frames->counts);
    free(frames->told);
    *frames = (struct export_frames){0};
}

/* NULL if the image is of another encoding or its bytes are fewer than its size needs. */
static const struct encoding *encoding_find(const struct msg_image *image)
{
    for (size_t i = 0; i < COUNT_OF(encodings); i++) {
        const struct encoding *encoding = &encodings[i];
        uint64_t row = (uint64_t)image->width * encoding->bytes;
        bool swapped = image->is_bigendian && encoding->pixel >= PIXEL_DEPTH_M;
        if (!strcmp(image->encoding, encoding->name) && !swapped && image->width && image->height &&
            image->width <= IMAGE_SIDE_MAX && image->height <= IMAGE_SIDE_MAX && image->step >= row &&
            (uint64_t)image->step * (image->height - 1) + row <= image->data.count)
            return encoding;
    }
    return NULL;
}

static void pixel_draw(enum pixel pixel, const uint8_t *from, double far_m, bool labels, uint8_t rgb[3])
{
    float depth_m = 0;
    uint16_t depth_mm;
    if (pixel == PIXEL_DEPTH_M)
        memcpy(&depth_m, from, sizeof depth_m);
    if (pixel == PIXEL_DEPTH_MM) {
        memcpy(&depth_mm, from, sizeof depth_mm);
        depth_m = depth_mm ? depth_mm / 1000.0f : NAN; /* 0 means "no answer" there */
    }
    if (pixel >= PIXEL_DEPTH_M && isfinite(depth_m))
        picture_depth_colour((double)depth_m / far_m, rgb);
    else if (pixel >= PIXEL_DEPTH_M)
        memset(rgb, 0, 3);
    else if (labels)
        picture_label_colour(*from, rgb);
    else
        for (int i = 0; i < 3; i++)
            rgb[i] = from[pixel == PIXEL_GREY ? 0 : pixel == PIXEL_BGR ? 2 - i : i];
}

static bool is_labels(enum topic topic) { return topic == TOPIC_LABELS || topic == TOPIC_LABELS_SEEN; }

static void image_draw(const struct msg_image *image, const struct encoding *encoding,
                       const struct log_source *source, struct image *out)
{
    bool labels = encoding->pixel == PIXEL_GREY && is_labels(topic_find(source->message.channel->topic));
    *out = (struct image){(int)image->width, (int)image->height, 3, NULL};
    out->pixels = NEW_ARRAY((size_t)image->width * image->height * 3, uint8_t);
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            pixel_draw(encoding->pixel, image->data.data + (size_t)y * image->step + (size_t)x * encoding->bytes,
                       source->options->far_m, labels, out->pixels + ((size_t)y * image->width + x) * 3);
}

/* False, and a sentence the first time, if it cannot be drawn. */
static bool message_draw(struct export_frames *frames, const struct log_source *source, struct image *out)
{
    const struct mcap_channel *channel = source->message.channel;
    const struct msg_image *image = source->decoded;
    const struct encoding *encoding = NULL;
    if (export_is_grid(source->type) && export_grid_draw(source->type, source->decoded, out))
        return true;
    if (export_is_image(source->type) && (encoding = encoding_find(image))) {
        image_draw(image, encoding, source, out);
        return true;
    }
    if (!frames->told[channel->id] && export_is_image(source->type))
        fprintf(stderr, "binnacle log: %s: images of encoding '%.32s' and size %u x %u are not drawn\n",
                channel->topic, image->encoding, image->width, image->height);
    else if (!frames->told[channel->id])
        fprintf(stderr, "binnacle log: %s: a map whose size does not fit its cells is not drawn\n",
                channel->topic);
    frames->told[channel->id] = true;
    return false;
}

enum status export_frames_add(struct export_frames *frames, const struct log_source *source, const char *dir,
                              struct error *err)
{
    const struct mcap_channel *channel = source->message.channel;
    struct image out = {0};
    if (!frames->counts) {
        frames->counts = NEW_ARRAY(UINT16_MAX + 1, uint32_t);
        frames->told = NEW_ARRAY(UINT16_MAX + 1, bool);
    }
    if (!message_draw(frames, source, &out))
        return STATUS_OK;
    struct bytes path = export_path(source, dir, channel, "");
    enum status status = STATUS_OK;
    if (!frames->counts[channel->id] && mkdir((char *)path.data, 0777) && errno != EEXIST)
        status = error_set(err, STATUS_IO, "cannot make the folder %s: %s", (char *)path.data, strerror(errno));
    path.size = strlen((char *)path.data);
    bytes_format(&path, "/%06u.png", frames->counts[channel->id]++);
    bytes_put_u8(&path, 0);
    status = status ? status : png_save(&out, (char *)path.data, err);
    frames->written += !status;
    image_clear(&out);
    bytes_clear(&path);
    return status;
}
