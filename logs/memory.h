/* logs/memory.h - memory that is there, or the program ends.
 *
 * No function returns NULL: exhaustion prints one line and aborts, because no half-finished episode is worth
 * a thousand untested paths. Sizes that come from untrusted bytes are bounded by the caller *before* they
 * arrive here. */
#ifndef LOGS_MEMORY_H
#define LOGS_MEMORY_H

#include <stddef.h>

/* Zeroed memory, `count * size` bytes; the product may not overflow. A zero product gives a unique pointer. */
void *memory_new(size_t count, size_t size);
#define NEW(type) ((type *)memory_new(1, sizeof(type)))
#define NEW_ARRAY(count, type) ((type *)memory_new((count), sizeof(type)))

/* As realloc for `count * size` bytes; new bytes are NOT zeroed. */
void *memory_resize(void *old, size_t count, size_t size);

/* An owned copy of the string (free with free()). */
char *memory_string(const char *text);

/* A bump allocator: many small pieces, freed together. Zero-initialise; all pieces live until the next
 * arena_reset (which keeps the blocks for reuse) or arena_clear (which frees them). */
struct arena {
    struct arena_block *first, *current;
};
void *arena_new(struct arena *arena, size_t count, size_t size); /* zeroed, aligned to 16 */
char *arena_string(struct arena *arena, const char *text, size_t length);
void arena_reset(struct arena *arena);
void arena_clear(struct arena *arena);

#endif
