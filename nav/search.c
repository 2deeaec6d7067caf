#include "nav/search.h"

#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/status.h"

/* The ring must be wider than the largest rise of f in one move: a diagonal at the highest price plus its detour. */
enum { BUCKET_SHIFT = 6, BUCKETS = 512, NONE = -1, MOVES = 8 };
_Static_assert((SEARCH_DIAGONAL * SEARCH_PRICE_MAX / SEARCH_OPEN + SEARCH_DIAGONAL) >> BUCKET_SHIFT < BUCKETS - 1,
               "a move must not lap the bucket ring");

struct node {
    uint32_t g;
    int32_t next, previous; /* in its bucket; previous < 0 is ~bucket for the first one */
    uint16_t epoch;         /* of the search that last touched it */
    uint8_t move;           /* that led here */
    bool queued;
};

struct search {
    int width, height; /* of the caller's grid; ours has a closed border of one cell */
    size_t capacity;
    uint8_t *prices;
    struct node *nodes;
    struct cell *cells;
    size_t cell_capacity;
    int32_t heads[BUCKETS];
    uint32_t waiting;
    uint16_t epoch;
    struct cell goal;
};

struct move {
    int x, y;
    uint32_t cost;
};
static const struct move moves[MOVES] = {
    {1, 0, SEARCH_STEP},      {-1, 0, SEARCH_STEP},      {0, 1, SEARCH_STEP},       {0, -1, SEARCH_STEP},
    {1, 1, SEARCH_DIAGONAL}, {-1, 1, SEARCH_DIAGONAL}, {1, -1, SEARCH_DIAGONAL}, {-1, -1, SEARCH_DIAGONAL},
};

struct search *search_create(void) { return NEW(struct search); }

void search_destroy(struct search **search)
{
    if (!*search)
        return;
    free((*search)->prices);
    free((*search)->nodes);
    free((*search)->cells);
    free(*search);
    *search = NULL;
}

uint8_t *search_prices(struct search *search, int width, int height)
{
    ASSERT(width > 0 && height > 0);
    size_t size = (size_t)(width + 2) * (size_t)(height + 2);
    ASSERT(size < (size_t)1 << 28);
    if (size > search->capacity) {
        search->prices = memory_resize(search->prices, size, sizeof *search->prices);
        search->nodes = memory_resize(search->nodes, size, sizeof *search->nodes);
        memset(search->nodes, 0, size * sizeof *search->nodes);
        search->capacity = size;
        search->epoch = 0;
    }
    if (width != search->width || height != search->height)
        memset(search->prices, SEARCH_CLOSED, size);
    search->width = width;
    search->height = height;
    return search->prices;
}

size_t search_at(const struct search *search, struct cell c)
{
    return (size_t)(c.y + 1) * (size_t)(search->width + 2) + (size_t)(c.x + 1);
}

static uint32_t estimate(struct cell a, struct cell b)
{
    uint32_t dx = (uint32_t)abs(a.x - b.x), dy = (uint32_t)abs(a.y - b.y);
    return dx > dy ? (dx - dy) * SEARCH_STEP + dy * SEARCH_DIAGONAL : (dy - dx) * SEARCH_STEP + dx * SEARCH_DIAGONAL;
}

static void queue_remove(struct search *search, struct node *node)
{
    if (node->next != NONE)
        search->nodes[node->next].previous = node->previous;
    if (node->previous < 0)
        search->heads[~node->previous] = node->next;
    else
        search->nodes[node->previous].next = node->next;
    node->queued = false;
    search->waiting--;
}

static void queue_add(struct search *search, int32_t at, uint32_t f)
{
    struct node *node = &search->nodes[at];
    int32_t bucket = (int32_t)(f >> BUCKET_SHIFT & (BUCKETS - 1)), head = search->heads[bucket];
    node->next = head;
    node->previous = ~bucket;
    if (head != NONE)
        search->nodes[head].previous = at;
    search->heads[bucket] = at;
    node->queued = true;
    search->waiting++;
}

static void expand(struct search *search, int32_t at)
{
    int32_t stride = search->width + 2;
    struct cell here = {at % stride - 1, at / stride - 1};
    uint32_t g = search->nodes[at].g;
    for (int m = 0; m < MOVES; m++) {
        const struct move *move = &moves[m];
        int32_t to = at + move->y * stride + move->x;
        uint8_t price = search->prices[to];
        if (price == SEARCH_CLOSED)
            continue;
        if (m >= MOVES / 2 && (search->prices[at + move->x] == SEARCH_CLOSED ||
                               search->prices[at + move->y * stride] == SEARCH_CLOSED))
            continue;
        uint32_t next_g = g + move->cost * price / SEARCH_OPEN;
        struct node *node = &search->nodes[to];
        if (node->epoch == search->epoch) {
            if (node->g <= next_g)
                continue;
            if (node->queued)
                queue_remove(search, node);
        }
        node->epoch = search->epoch;
        node->g = next_g;
        node->move = (uint8_t)m;
        queue_add(search, to, next_g + estimate((struct cell){here.x + move->x, here.y + move->y}, search->goal));
    }
}

static void search_begin(struct search *search, struct cell from, struct cell to)
{
    for (int i = 0; i < BUCKETS; i++)
        search->heads[i] = NONE;
    search->waiting = 0;
    search->goal = to;
    if (++search->epoch == 0) {
        memset(search->nodes, 0, search->capacity * sizeof *search->nodes);
        search->epoch = 1;
    }
    struct node *start = &search->nodes[search_at(search, from)];
    start->g = 0;
    start->epoch = search->epoch;
    start->move = MOVES;
    queue_add(search, (int32_t)search_at(search, from), estimate(from, to));
}

static void path_trace(struct search *search, struct cell to, struct search_path *path)
{
    struct cell at = to;
    size_t count = 1;
    for (uint8_t m; (m = search->nodes[search_at(search, at)].move) < MOVES; count++)
        at = (struct cell){at.x - moves[m].x, at.y - moves[m].y};
    if (count > search->cell_capacity) {
        search->cell_capacity = count + count / 2;
        search->cells = memory_resize(search->cells, search->cell_capacity, sizeof *search->cells);
    }
    at = to;
    for (size_t i = count; i-- > 0;) {
        search->cells[i] = at;
        uint8_t m = search->nodes[search_at(search, at)].move;
        if (m < MOVES)
            at = (struct cell){at.x - moves[m].x, at.y - moves[m].y};
    }
    path->cells = search->cells;
    path->count = count;
}

struct search_path search_run(struct search *search, struct cell from, struct cell to)
{
    struct search_path path = {0};
    search_begin(search, from, to);
    const struct node *goal = &search->nodes[search_at(search, to)];
    /* Buckets hold a range of costs, so the goal's cost is final only when its bucket is used up. */
    for (uint32_t bucket = estimate(from, to) >> BUCKET_SHIFT; search->waiting; bucket++) {
        if (goal->epoch == search->epoch && bucket > goal->g >> BUCKET_SHIFT)
            break;
        for (int32_t at; (at = search->heads[bucket & (BUCKETS - 1)]) != NONE; path.expanded++) {
            queue_remove(search, &search->nodes[at]);
            expand(search, at);
        }
    }
    if (goal->epoch != search->epoch)
        return path;
    path.cost = goal->g;
    path_trace(search, to, &path);
    return path;
}
