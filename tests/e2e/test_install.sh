#!/bin/sh
# The library alone: `make install` into a folder, and a program built against what lies there and nothing else.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
build=${BINNACLE_BUILD#"$root"/}
case $build in *sanitize*) echo "the installed library is that of a build without sanitizers"; exit 77 ;; esac
unset MAKEFLAGS MAKELEVEL MFLAGS
exits 0 make -C "$root" --no-print-directory BUILD="$build" PREFIX="$S/local" install
PKG_CONFIG_PATH=$S/local/lib/pkgconfig
export PKG_CONFIG_PATH
cc=${CC:-gcc}
flags=$(pkg-config --cflags binnacle-logs)
check "pkg-config names the installed headers" test "${flags%% *}" = "-I$S/local/include/binnacle"
for header in "$S"/local/include/binnacle/logs/*.h; do
    exits 0 "$cc" -std=c17 -Wall -Wextra -Werror -fsyntax-only -x c $flags "$header"
done
cp "$root/tests/example/read_log.c" .
for static in --static ''; do
    exits 0 "$cc" -std=c17 -Wall -Wextra -Wpedantic -Werror read_log.c \
        $(pkg-config $static --cflags --libs binnacle-logs) -o read_log
done
check "the example has 40 lines or so" test "$(wc -l <read_log.c)" -le 50
exits 0 "$S/local/bin/binnacle" run clutter --seed 1 --log a.mcap
exits 0 ./read_log a.mcap
says out '^/cmd_vel [1-9][0-9]*$'
says out '^/clock [1-9]'
check "and a message as JSON" python3 -c '
import json
line = open("out").read().splitlines()[-1]
topic, text = line.split(" ", 1)
assert topic.startswith("/") and isinstance(json.loads(text), dict) and json.loads(text), line'
exits 1 ./read_log read_log.c
says err 'is not an MCAP file'
check "the manual page is there" test -s "$S/local/share/man/man1/binnacle.1"
done_testing
