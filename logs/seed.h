/* logs/seed.h - random streams that are named, counted and independent.
 *
 * A stream is (key, counter): the key is a hash of the episode seed and the stream's name ("lidar.range_noise"),
 * the n-th draw is mix(key, n). So adding a sensor never shifts another's noise, a stream can be restored by writing
 * its counter back, and the state to hash per tick is two words. The mixer is splitmix64's finaliser applied
 * twice (Steele, Lea, Flood 2014); it passes the moment and correlation tests in tests/logs/test_seed.c. */
#ifndef LOGS_SEED_H
#define LOGS_SEED_H

#include <stddef.h>
#include <stdint.h>

struct seed_stream {
    uint64_t key, counter;
};

struct seed_stream seed_stream_named(uint64_t episode_seed, const char *name);
uint64_t seed_u64(struct seed_stream *stream);
double seed_uniform(struct seed_stream *stream);                                 /* [0, 1) */
double seed_between(struct seed_stream *stream, double low, double high);        /* [low, high) */
uint64_t seed_below(struct seed_stream *stream, uint64_t bound);                 /* [0, bound), bound > 0 */
/* A random order of `count` items of `size` bytes each, all orders alike (Fisher and Yates); count - 1 draws. */
void seed_shuffle(struct seed_stream *stream, void *items, size_t count, size_t size);
double seed_gaussian(struct seed_stream *stream);                                /* mean 0, variance 1; two draws */

#endif
