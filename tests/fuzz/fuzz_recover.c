/* Any bytes as a damaged log, and any bytes as what a killed recording left beside it: recovered, and the result read
 * back whole. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/recover.h"
#include "logs/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/binnacle-fuzz-recover-XXXXXX", in[64], beside[72], out[64];

static void folder_remove(void)
{
    unlink(in);
    unlink(beside);
    unlink(out);
    rmdir(folder);
}

static void folder_make(void)
{
    ASSERT(mkdtemp(folder));
    snprintf(in, sizeof in, "%s/in.mcap", folder);
    snprintf(beside, sizeof beside, "%s.open", in);
    snprintf(out, sizeof out, "%s/out.mcap", folder);
    atexit(folder_remove);
}

static void file_put(const char *path, const uint8_t *data, size_t size)
{
    unlink(path);
    FILE *file = fopen(path, "wb");
    ASSERT(file && fwrite(data, 1, size, file) == size);
    fclose(file);
}

/* The new log is sound, and holds as many messages as the report says. */
static void result_check(const struct recover_report *report)
{
    struct verify_report verify;
    struct error err = {0};
    struct mcap_reader *reader = mcap_reader_open(out, &err);
    ASSERT(reader && mcap_reader_info(reader)->message_count == report->messages);
    mcap_reader_destroy(&reader);
    ASSERT(!verify_log(out, &verify, &err));
    verify_report_clear(&verify);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recover_report report;
    struct verify_report verify;
    struct error err = {0};
    size_t split = size && data[0] == 'S' ? size / 2 : 0; /* else it is all log */
    if (!*in)
        folder_make();
    unlink(beside);
    unlink(out);
    file_put(in, data + split, size - split);
    if (split)
        file_put(beside, data + 1, split - 1);
    enum status status = recover_log(in, out, &report, &err);
    ASSERT(status == STATUS_OK || (status == STATUS_CORRUPT && *err.text));
    if (!status)
        result_check(&report);
    recover_report_clear(&report);
    status = verify_log(in, &verify, &err);
    ASSERT(status == STATUS_OK || status == STATUS_CORRUPT);
    verify_report_clear(&verify);
    return 0;
}
