/* logs/status.h - how anything fails, in four ways that are never mixed.
 *
 *   our own bug             ASSERT: a line on stderr, then abort()
 *   memory exhausted        logs/memory.h aborts; no caller checks for NULL
 *   bad input, the world    enum status is returned and struct error holds one full sentence:
 *                           what is wrong, where (file, line, byte), and what to do about it
 *   anomaly in the loop     a counted message (SafetyEvent, SensorHealth); the shield stops the robot
 *
 * Bytes that come from files, sockets, keys or terminals never ASSERT. */
#ifndef LOGS_STATUS_H
#define LOGS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

#ifdef __cplusplus
extern "C" {
#endif

enum status {
    STATUS_OK = 0,
    STATUS_BAD_INPUT, /* the user wrote something wrong: exit 2 */
    STATUS_IO,        /* the outside world refused: disk, socket, terminal: exit 3 */
    STATUS_CORRUPT,   /* bytes are damaged or foreign: exit 3 */
    STATUS_VERSION,   /* a peer or file of another version: exit 3 */
    STATUS_DIVERGED,  /* physics left the finite numbers, or a replay differs: exit 1 */
    STATUS_END,       /* no more items; not a failure, *err untouched */
    STATUS_AGAIN,     /* nothing now, ask later; not a failure, *err untouched */
};

/* Filled only on failure. Zero-initialise before first use; may be reused after a failure was handled. */
struct error {
    enum status status;
    char text[1024]; /* one sentence, no trailing newline, no program name */
};

/* Stores the sentence (truncated with "..." if too long) and returns `status`, so callers write
 * `return error_set(err, STATUS_IO, "cannot open %s: %s", path, strerror(errno));`. `err` may be NULL. */
enum status error_set(struct error *err, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " before the sentence already in *err; returns its status. */
enum status error_context(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The process exit code for a status: 0 ok, 1 finding, 2 usage, 3 world. */
int status_exit_code(enum status status);

/* Prints `file:line: assertion failed: text` and aborts. Kept alive in optimised builds. */
void assert_failed(const char *file, int line, const char *text) __attribute__((noreturn));
#define ASSERT(condition) ((condition) ? (void)0 : assert_failed(__FILE__, __LINE__, #condition))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#ifdef __cplusplus
}
#endif
#endif
