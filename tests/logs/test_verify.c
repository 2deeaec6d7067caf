/* A log as we write it is sound; with any one byte changed it is not. */
#include "tests/logs/mcap_model.h"

#include "logs/verify.h"

enum { ITEMS = 30 };

static void test_every_byte(void **state)
{
    (void)state;
    struct item *items = model_new(ITEMS, 0, "verify");
    for (enum mcap_compression compression = MCAP_NONE; compression <= MCAP_ZSTD; compression++) {
        struct bytes bytes = {0};
        struct error err = {0};
        struct verify_report report;
        model_write(path, compression, 1300, items, ITEMS);
        assert_int_equal(verify_log(path, &report, &err), STATUS_OK);
        if (report.errors)
            fail_msg("byte %d: %s", (int)report.problems[0].offset, report.problems[0].text);
        assert_int_equal(report.messages, ITEMS);
        verify_report_clear(&report);
        assert_int_equal(file_load(path, SIZE_MAX, &bytes, &err), STATUS_OK);
        for (size_t at = 0; at < bytes.size; at++) {
            bytes.data[at] ^= (uint8_t)(1u << at % 8);
            unlink(other);
            assert_int_equal(file_save(other, bytes.data, bytes.size, &err), STATUS_OK);
            enum status status = verify_log(other, &report, &err);
            if (!report.errors && status != STATUS_CORRUPT)
                fail_msg("byte %d of %d changed, and nothing is said", (int)at, (int)bytes.size);
            verify_report_clear(&report);
            bytes.data[at] ^= (uint8_t)(1u << at % 8);
        }
        bytes_clear(&bytes);
    }
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_byte)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
