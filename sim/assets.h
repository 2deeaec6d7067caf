/* sim/assets.h - files that live inside the binary (sim/scenarios/), written by sim/embed.sh at build time. */
#ifndef SIM_ASSETS_H
#define SIM_ASSETS_H
#include <stddef.h>

struct asset {
    const char *name; /* file name without its folder: "office.yaml" */
    const unsigned char *data;
    size_t size; /* data[size] is 0 */
};
extern const struct asset asset_table[];
extern const size_t asset_count;

const struct asset *asset_find(const char *name); /* NULL if there is none */

#endif
