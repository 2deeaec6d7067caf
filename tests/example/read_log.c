/* read_log FILE: what is in an MCAP log, and one decoded message, with nothing but the installed library.
 *
 *   cc -std=c17 read_log.c $(pkg-config --cflags --libs binnacle-logs) -o read_log */
#include <stdio.h>

#include <logs/mcap.h>
#include <logs/reflect.h>

static int fail(const struct error *err)
{
    fprintf(stderr, "read_log: %s\n", err->text);
    return 1;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct mcap_reader *log = mcap_reader_open(argc > 1 ? argv[1] : "log.mcap", &err);
    if (!log)
        return fail(&err);
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(log, &channels);
    for (size_t i = 0; i < count; i++)
        printf("%s %llu\n", channels[i]->topic, (unsigned long long)mcap_reader_channel_messages(log, channels[i]->id));

    const struct mcap_query everything = {MCAP_TIME_ORDER, INT64_MIN, INT64_MAX, NULL, 0};
    struct reflect *reflect = reflect_create(log);
    struct mcap_message message;
    const struct message_type *type;
    const void *decoded = NULL;
    if (!mcap_reader_query(log, &everything, &err) && !mcap_reader_next(log, &message, &err))
        decoded = reflect_decode(reflect, &message, &type, &err);
    if (decoded) {
        struct bytes json = {0};
        message_json(type, decoded, 8, &json);
        printf("%s %.*s\n", message.channel->topic, (int)json.size, (const char *)json.data);
        bytes_clear(&json);
    }
    reflect_destroy(&reflect);
    mcap_reader_destroy(&log);
    return decoded ? 0 : fail(&err);
}
