#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "logs/bytes.h"
#include "logs/file.h"
#include "logs/geometry.h"
#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/seed.h"

static void bytes_grow_and_keep_what_they_hold(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    for (uint32_t i = 0; i < 5000; i++)
        bytes_put_u32(&bytes, i);
    assert_int_equal(bytes.size, 20000);
    assert_true(bytes.capacity >= bytes.size);
    for (uint32_t i = 0; i < 5000; i++)
        assert_memory_equal(bytes.data + i * 4, &i, 4);
    bytes_grow(&bytes, 10); /* never shrinks */
    assert_true(bytes.capacity >= 20000);
    bytes_clear(&bytes);
    assert_null(bytes.data);
    assert_int_equal(bytes.size + bytes.capacity, 0);
    bytes_put(&bytes, NULL, 0);
    assert_null(bytes.data);
    bytes_clear(&bytes);
}

static void integers_are_little_endian(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0f, 0x0e, 0x0d, 0x0c,
                                     0x0b, 0x0a, 0x09, 0x08, 2,    0,    0,    0,    'h',  'i'};
    struct bytes bytes = {0};
    bytes_put_u8(&bytes, 0x01);
    bytes_put_u16(&bytes, 0x0203);
    bytes_put_u32(&bytes, 0x04050607);
    bytes_put_u64(&bytes, 0x08090a0b0c0d0e0f);
    bytes_put_string(&bytes, "hi");
    assert_int_equal(bytes.size, sizeof wanted);
    assert_memory_equal(bytes.data, wanted, sizeof wanted);
    struct cursor cursor = {bytes.data, bytes.size, 0, false};
    assert_int_equal(cursor_u8(&cursor), 0x01);
    assert_int_equal(cursor_u16(&cursor), 0x0203);
    assert_int_equal(cursor_u32(&cursor), 0x04050607);
    assert_true(cursor_u64(&cursor) == 0x08090a0b0c0d0e0f);
    assert_int_equal(cursor_left(&cursor), 6);
    bytes_clear(&bytes);
}

static void text_is_appended_without_its_nul(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    for (int i = 0; i < 300; i++)
        bytes_format(&bytes, "%d,", i % 10);
    assert_int_equal(bytes.size, 600);
    assert_memory_equal(bytes.data + 594, "7,8,9,", 6);
    bytes_clear(&bytes);
}

static void a_cursor_stays_inside_and_remembers_failure(void **state)
{
    (void)state;
    static const uint8_t data[] = {1, 2, 3, 4, 5};
    struct cursor cursor = {data, sizeof data, 0, false};
    assert_ptr_equal(cursor_take(&cursor, 5), data);
    assert_non_null(cursor_take(&cursor, 0)); /* nothing, from the end, is there */
    assert_false(cursor.failed);
    assert_null(cursor_take(&cursor, 1));
    assert_true(cursor.failed);
    assert_int_equal(cursor_left(&cursor), 0);
    cursor = (struct cursor){data, sizeof data, 2, false};
    assert_int_equal(cursor_u32(&cursor), 0);
    assert_true(cursor.failed);
    assert_int_equal(cursor_u8(&cursor), 0); /* a byte is left, but not for one that failed */
    cursor = (struct cursor){data, sizeof data, 2, false};
    assert_null(cursor_take(&cursor, SIZE_MAX));
    assert_int_equal(cursor.offset, 2);
}

static void an_arena_keeps_pieces_apart_and_reuses_blocks(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct seed_stream stream = seed_stream_named(1, "test_bytes.arena");
    for (int round = 0; round < 3; round++) {
        uint8_t *pieces[200];
        size_t sizes[200];
        for (size_t i = 0; i < COUNT_OF(pieces); i++) {
            sizes[i] = i % 50 == 49 ? 100000 : (size_t)seed_below(&stream, 2000);
            pieces[i] = arena_new(&arena, sizes[i], 1);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(pieces[i][j], 0);
            memset(pieces[i], (int)i, sizes[i]);
        }
        for (size_t i = 0; i < COUNT_OF(pieces); i++)
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(pieces[i][j], (uint8_t)i);
        arena_reset(&arena);
    }
    void *first = arena_new(&arena, 1, 1);
    arena_reset(&arena);
    assert_ptr_equal(arena_new(&arena, 1, 1), first);
    assert_string_equal(arena_string(&arena, "abcdef", 3), "abc");
    arena_clear(&arena);
    assert_null(arena.first);
    arena_reset(&arena); /* an empty one is fine */
    char *copy = memory_string("copied");
    assert_string_equal(copy, "copied");
    free(copy);
}

static void errors_hold_one_sentence(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, STATUS_BAD_INPUT, "no %s called '%s'", "policy", "dwb"), STATUS_BAD_INPUT);
    assert_string_equal(err.text, "no policy called 'dwb'");
    assert_int_equal(error_context(&err, "%s line %d", "office.yaml", 7), STATUS_BAD_INPUT);
    assert_string_equal(err.text, "office.yaml line 7: no policy called 'dwb'");
    assert_int_equal(error_set(NULL, STATUS_IO, "unheard"), STATUS_IO);
    char longer[3000];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    error_set(&err, STATUS_CORRUPT, "%s", longer);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_string_equal(err.text + sizeof err.text - 5, "x...");
    error_context(&err, "%s", longer);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(err.status, STATUS_CORRUPT);
    assert_int_equal(status_exit_code(STATUS_OK), 0);
    assert_int_equal(status_exit_code(STATUS_DIVERGED), 1);
    assert_int_equal(status_exit_code(STATUS_BAD_INPUT), 2);
    assert_int_equal(status_exit_code(STATUS_VERSION), 3);
}

/* The values are part of the log format. */
static void hashes_are_pinned(void **state)
{
    (void)state;
    assert_true(hash_text(HASH_START, "") == 0xe9c4e60b5d918a43u);
    assert_true(hash_text(HASH_START, "binnacle") == 0x3be0e7ec3cdd7a92u);
    assert_true(hash_text(HASH_START, "binnacle log") == 0xb061600e9f2fc581u);
    assert_true(hash_bytes(HASH_START, "\0", 1) != hash_bytes(HASH_START, "\0\0", 2)); /* length counts */
    assert_true(hash_text(hash_text(HASH_START, "a"), "b") != hash_text(hash_text(HASH_START, "b"), "a"));
}

static void every_bit_moves_the_hash(void **state)
{
    (void)state;
    uint8_t data[27] = {0};
    uint64_t plain = hash_bytes(HASH_START, data, sizeof data);
    int fewest = 64, most = 0;
    for (size_t bit = 0; bit < sizeof data * 8; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int moved = __builtin_popcountll(plain ^ hash_bytes(HASH_START, data, sizeof data));
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        fewest = moved < fewest ? moved : fewest;
        most = moved > most ? moved : most;
    }
    assert_in_range(fewest, 12, 32);
    assert_in_range(most, 32, 52);
}

static void files_are_hashed_saved_and_loaded_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/binnacle-bytes-XXXXXX", path[64], text[65];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/abc", folder);
    struct error err = {0};
    struct bytes bytes = {0};
    assert_int_equal(file_save(path, "abc", 3, &err), STATUS_OK);
    assert_int_equal(hash_file_sha256(path, text, &err), STATUS_OK);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    bytes_put(&bytes, ">", 1);
    assert_int_equal(file_load(path, 3, &bytes, &err), STATUS_OK); /* appends; exactly `max` is allowed */
    assert_int_equal(bytes.size, 4);
    assert_string_equal((char *)bytes.data, ">abc");
    assert_int_equal(file_load(path, 2, &bytes, &err), STATUS_BAD_INPUT);
    assert_int_equal(file_save(path, "", 0, &err), STATUS_OK);
    bytes.size = 0;
    assert_int_equal(file_load(path, 0, &bytes, &err), STATUS_OK);
    assert_int_equal(bytes.size, 0);
    unlink(path);
    assert_int_equal(hash_file_sha256(path, text, &err), STATUS_IO);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(rmdir(folder), 0);
    bytes_clear(&bytes);
}

static void angles_wrap_and_frames_compose(void **state)
{
    (void)state;
    assert_true(wrap_angle(PI) > 0 && wrap_angle(-PI) > 0); /* (-pi, pi] */
    struct seed_stream stream = seed_stream_named(1, "test_bytes.geometry");
    for (int i = 0; i < 2000; i++) {
        double angle = seed_between(&stream, -50, 50), wrapped = wrap_angle(angle);
        assert_true(wrapped > -PI && wrapped <= PI);
        assert_true(fabs(sin(wrapped) - sin(angle)) < 1e-12 && fabs(cos(wrapped) - cos(angle)) < 1e-12);
        struct pose2 a = {seed_between(&stream, -9, 9), seed_between(&stream, -9, 9), wrapped};
        struct pose2 b = {seed_between(&stream, -9, 9), seed_between(&stream, -9, 9), seed_between(&stream, -3, 3)};
        struct pose2 back = pose2_compose(a, pose2_between(a, b));
        assert_true(fabs(back.x - b.x) < 1e-12 && fabs(back.y - b.y) < 1e-12 &&
                    fabs(wrap_angle(back.yaw - b.yaw)) < 1e-12);
        struct quat q = quat_from_rpy(b.x / 10, b.y / 10, b.yaw);
        assert_true(fabs(quat_roll(q) - b.x / 10) < 1e-12 && fabs(quat_pitch(q) - b.y / 10) < 1e-12 &&
                    fabs(quat_yaw(q) - b.yaw) < 1e-12);
        struct vec3 v = {a.x, a.y, b.x}, same = quat_rotate(quat_conjugate(q), quat_rotate(q, v));
        assert_true(vec3_length(vec3_sub(v, same)) < 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_grow_and_keep_what_they_hold),
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(text_is_appended_without_its_nul),
        cmocka_unit_test(a_cursor_stays_inside_and_remembers_failure),
        cmocka_unit_test(an_arena_keeps_pieces_apart_and_reuses_blocks),
        cmocka_unit_test(errors_hold_one_sentence),
        cmocka_unit_test(hashes_are_pinned),
        cmocka_unit_test(every_bit_moves_the_hash),
        cmocka_unit_test(files_are_hashed_saved_and_loaded_whole),
        cmocka_unit_test(angles_wrap_and_frames_compose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
