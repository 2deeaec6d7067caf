#!/bin/sh
# The layering, as the include graph shows it: logs <- perception <- nav <- sim <- tui; views, model and canvas use logs only; each
# outside library is touched by one file.
cd "$(dirname "$0")/../.." || exit 3
bad=0
complain() { echo "$1"; bad=1; }
includes() { grep -nE '^#include "' "$@" /dev/null; }

left=
for room in logs perception nav sim tui; do
    left="$left $room"
    allowed=$(echo "$left build_id_value.h onnx.pb-c.h" | sed 's/^ //; s/ /|/g')
    found=$(includes "$room"/*.[ch] $(ls "$room"/*.cpp 2>/dev/null) | grep -vE "\"($allowed)(/|\")")
    [ -n "$found" ] && complain "$room includes what stands right of it: $found"
done
views="tui/view*.[ch] tui/model*.[ch] tui/canvas.[ch] tui/braille.c tui/layout.[ch] tui/theme.[ch] tui/keys.[ch] tui/history.[ch] tui/picture.[ch] tui/screen.[ch] tui/dashboard*.[ch] tui/feed.[ch] tui/shot.[ch]"
# shellcheck disable=SC2086
found=$(includes $views | grep -vE '"(logs|tui)/')
[ -n "$found" ] && complain "the dashboard includes more than logs: $found"
# Policies, and all of nav and perception, cannot name the truth.
found=$(grep -nE 'TOPIC_TRUTH|TOPIC_LABELS|ground_truth' nav/policy*.c nav/navigator.c nav/planner.c nav/shield.c perception/*.c)
[ -n "$found" ] && complain "truth inside the loop: $found"

only() { # PATTERN FILE...: the pattern may occur in these files only
    pattern=$1; shift
    found=$(grep -lE "$pattern" logs/*.[ch] perception/*.[ch] nav/*.[ch] sim/*.[ch] sim/*.cpp tui/*.[ch])
    for file in $found; do
        case " $* " in *" $file "*) ;; *) complain "$file touches '$pattern', which belongs to: $*" ;; esac
    done
    [ -n "$found" ] || complain "nobody touches '$pattern': is this test up to date?"
}
only '#include <(n?curses|ncursesw/).*' tui/screen.c
only '#include <zmq' logs/bus_wire.h logs/bus_ask.c
only '#include <dlfcn' nav/policy_library.c nav/train_blas.c
only '#include <bt|btBulletDynamics' sim/physics_bullet.cpp
only '#include <png' logs/png.c
only '#include <yaml' sim/scenario_yaml.c
only '#include <(zstd|lz4)' logs/mcap_codec.c
only '#include <libdeflate' logs/mcap_codec.c
only '#include <sodium' logs/hash.c
only 'onnx.pb-c|protobuf-c' perception/onnx_proto.c
only '#include <expat' sim/xml.c
only '#include <ft2build' tui/font.c
only '#include <cblas' nav/train_blas.c
only 'clock_gettime|gettimeofday|time\(NULL\)' logs/clock.c
found=$(grep -nE '[^_a-z](rand|srand|random|drand48)\(' ./*/*.[ch])
[ -n "$found" ] && complain "unseeded randomness: $found"
[ "$(ls ./*/*.cpp)" = ./sim/physics_bullet.cpp ] || complain "another C++ file than the Bullet shim"
[ $bad = 0 ] && echo "ok: layering holds"
exit $bad
