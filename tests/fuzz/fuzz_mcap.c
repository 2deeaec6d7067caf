/* Any bytes as an MCAP file: opened, listed, and walked in every order. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 20000 }; /* a small chunk may unpack to millions of messages; reading a part of them will do */

static char path[] = "/tmp/binnacle-fuzz-mcap-XXXXXX";

static void path_remove(void) { unlink(path); }

static int file_new(void)
{
    int fd = mkstemp(path);
    ASSERT(fd >= 0);
    atexit(path_remove);
    return fd;
}

static void walk(struct mcap_reader *reader, enum mcap_order order, const char *const *topics, size_t topic_count)
{
    const struct mcap_query query = {order, INT64_MIN, INT64_MAX, topics, topic_count};
    struct mcap_message message;
    struct error err = {0};
    uint64_t sum = 0;
    enum status status = mcap_reader_query(reader, &query, &err);
    ASSERT(!status);
    for (int steps = 0; steps < STEPS_MAX && status != STATUS_END; steps++) {
        status = mcap_reader_next(reader, &message, &err);
        ASSERT(status == STATUS_OK || status == STATUS_END || status == STATUS_CORRUPT);
        for (size_t i = 0; !status && i < message.size; i += 512)
            sum += message.data[i] + (uint64_t)message.channel->topic[0];
    }
    ASSERT(sum < UINT64_MAX); /* keeps the reads */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    if (fd < 0)
        fd = file_new();
    ASSERT(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
    struct error err = {0};
    struct mcap_reader *reader = mcap_reader_open(path, &err);
    struct playback *playback = playback_open(path, &err);
    playback_destroy(&playback);
    if (!reader) {
        ASSERT(err.status == STATUS_CORRUPT && *err.text);
        return 0;
    }
    const struct mcap_channel *const *channels;
    const struct mcap_attachment *attachments;
    size_t count = mcap_reader_channels(reader, &channels);
    for (enum mcap_order order = MCAP_FILE_ORDER; order <= MCAP_REVERSE_ORDER; order++) {
        walk(reader, order, NULL, 0);
        if (count)
            walk(reader, order, &channels[0]->topic, 1);
    }
    mcap_reader_attachments(reader, &attachments);
    mcap_reader_metadata(reader, "run");
    mcap_reader_destroy(&reader);
    return 0;
}
