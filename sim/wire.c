#include "sim/wire.h"

#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"

struct parcel { /* a message that waits, as its CDR bytes: the one form that every type can be kept in */
    int64_t due_ns;
    uint64_t number; /* in the order of sending */
    enum topic topic;
    uint8_t *payload; /* owned */
    size_t size;
};

struct wire {
    struct wire_out out;
    struct parcel *parcels; /* by due time, then number */
    size_t count, capacity;
    uint64_t sent;
    int64_t last_due_ns[TOPIC_COUNT];
    struct bytes scratch;
    struct arena arena;
};

struct wire *wire_create(struct wire_out out)
{
    ASSERT(out.journal);
    struct wire *wire = NEW(struct wire);
    wire->out = out;
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        wire->last_due_ns[i] = INT64_MIN;
    return wire;
}

void wire_destroy(struct wire **wire)
{
    struct wire *gone = *wire;
    *wire = NULL;
    if (!gone)
        return;
    for (size_t i = 0; i < gone->count; i++)
        free(gone->parcels[i].payload);
    free(gone->parcels);
    bytes_clear(&gone->scratch);
    arena_clear(&gone->arena);
    free(gone);
}

static void hand_out(const struct wire *wire, enum topic topic, int64_t now_ns, const void *message)
{
    journal_publish(wire->out.journal, topic, now_ns, message);
    if (wire->out.take && !(topic_table[topic].flags & (TOPIC_TRUTH | TOPIC_EXTRA)))
        wire->out.take(wire->out.self, topic, message);
}

static void post(struct wire *wire, const struct wire_letter *letter, int64_t due_ns)
{
    if (wire->count == wire->capacity) {
        wire->capacity = wire->capacity * 2 + 16;
        wire->parcels = memory_resize(wire->parcels, wire->capacity, sizeof *wire->parcels);
    }
    wire->scratch.size = 0;
    message_encode(topic_table[letter->topic].type, letter->message, &wire->scratch);
    struct parcel parcel = {due_ns, wire->sent++, letter->topic, memory_new(wire->scratch.size, 1), wire->scratch.size};
    memcpy(parcel.payload, wire->scratch.data, parcel.size);
    size_t at = wire->count++;
    for (; at > 0 && wire->parcels[at - 1].due_ns > due_ns; at--)
        wire->parcels[at] = wire->parcels[at - 1];
    wire->parcels[at] = parcel;
}

void wire_send(struct wire *wire, const struct wire_letter *letter)
{
    ASSERT(letter->topic < TOPIC_COUNT && letter->message);
    ASSERT(!wire->count || wire->parcels[0].due_ns > letter->now_ns); /* delivered first */
    int64_t *last_ns = &wire->last_due_ns[letter->topic], due_ns = letter->due_ns;
    if (!letter->overtakes && due_ns < *last_ns)
        due_ns = *last_ns;
    *last_ns = due_ns > *last_ns ? due_ns : *last_ns;
    if (due_ns <= letter->now_ns)
        hand_out(wire, letter->topic, letter->now_ns, letter->message);
    else
        post(wire, letter, due_ns);
}

static void open_and_hand_out(struct wire *wire, const struct parcel *parcel, int64_t now_ns)
{
    const struct message_type *type = topic_table[parcel->topic].type;
    arena_reset(&wire->arena);
    void *message = arena_new(&wire->arena, 1, type->size);
    enum status status = message_decode(type, parcel->payload, parcel->size, message, &wire->arena, NULL);
    ASSERT(!status); /* we encoded it */
    hand_out(wire, parcel->topic, now_ns, message);
}

void wire_deliver(struct wire *wire, int64_t now_ns)
{
    size_t due = 0;
    while (due < wire->count && wire->parcels[due].due_ns <= now_ns) {
        open_and_hand_out(wire, &wire->parcels[due], now_ns);
        free(wire->parcels[due++].payload);
    }
    wire->count -= due;
    if (due && wire->count)
        memmove(wire->parcels, wire->parcels + due, wire->count * sizeof *wire->parcels);
}

size_t wire_waiting(const struct wire *wire) { return wire->count; }

uint64_t wire_hash(const struct wire *wire, uint64_t hash)
{
    for (size_t i = 0; i < wire->count; i++) {
        const struct parcel *parcel = &wire->parcels[i];
        const uint64_t words[] = {(uint64_t)parcel->due_ns, parcel->number, (uint64_t)parcel->topic};
        hash = hash_bytes(hash, words, sizeof words);
        hash = hash_bytes(hash, parcel->payload, parcel->size);
    }
    return hash;
}
