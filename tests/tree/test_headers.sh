#!/bin/sh
# Every header compiles alone, and physics.h also as C++.
cd "$(dirname "$0")/../.." || exit 3
flags=$(sed -n 's/^LIB_CFLAGS := //p' build/flags.mk)
for header in */*.h; do
    # shellcheck disable=SC2086
    ${CC:-gcc} -std=c17 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I. $flags -x c "$header" 2>&1 |
        grep -v 'pragma once in main' && { echo "$header does not stand alone"; exit 1; }
done
g++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -I. -x c++ sim/physics.h || exit 1
echo "ok: all headers stand alone"
