/* tui/scenario_show.h - what a scenario has become for one seed: for people, or as one JSON object. */
#ifndef TUI_SCENARIO_SHOW_H
#define TUI_SCENARIO_SHOW_H

#include "logs/bytes.h"
#include "sim/scenario.h"

/* Of an expanded scenario. way_m: scenario_reference_length_m. Settings that have their default are left out of the
 * text. */
void scenario_show_text(const struct scenario *scenario, uint64_t seed, double way_m, struct bytes *out);
/* Keys: name summary seed policy shield bounds start goal reference_length_m official_length_m files drawn (path ->
 * value) settings (group -> key -> value) solids zones actors robots lamps, and how many faults. Numbers that do not
 * exist are null. */
void scenario_show_json(const struct scenario *scenario, uint64_t seed, double way_m, struct bytes *out);

#endif
