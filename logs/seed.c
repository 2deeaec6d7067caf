#include "logs/seed.h"

#include <math.h>

#include "logs/hash.h"
#include "logs/status.h"

__extension__ typedef unsigned __int128 wide_word;

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

struct seed_stream seed_stream_named(uint64_t episode_seed, const char *name)
{
    uint64_t key = hash_text(HASH_START, name);
    return (struct seed_stream){.key = mix(key ^ mix(episode_seed + 0x9e3779b97f4a7c15u))};
}

uint64_t seed_u64(struct seed_stream *stream)
{
    return mix(mix(stream->counter++ * 0x9e3779b97f4a7c15u + stream->key) ^ stream->key);
}

double seed_uniform(struct seed_stream *stream) { return (double)(seed_u64(stream) >> 11) * 0x1p-53; }

double seed_between(struct seed_stream *stream, double low, double high)
{
    return low + (high - low) * seed_uniform(stream);
}

uint64_t seed_below(struct seed_stream *stream, uint64_t bound)
{
    ASSERT(bound > 0);
    return (uint64_t)(((wide_word)seed_u64(stream) * bound) >> 64);
}

void seed_shuffle(struct seed_stream *stream, void *items, size_t count, size_t size)
{
    unsigned char *bytes = items;
    for (size_t i = count; i > 1; i--) {
        unsigned char *a = bytes + (i - 1) * size, *b = bytes + seed_below(stream, i) * size;
        for (size_t k = 0; k < size; k++) {
            unsigned char kept = a[k];
            a[k] = b[k];
            b[k] = kept;
        }
    }
}

/* Box-Muller without the second value, so that every call costs exactly two draws. */
double seed_gaussian(struct seed_stream *stream)
{
    double u = 1.0 - seed_uniform(stream);
    double v = seed_uniform(stream);
    return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}
