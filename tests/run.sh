#!/bin/sh
# run.sh BUILD_DIR: runs every test program and script, prints one line each, and the sum at the end.
# A program or script exits 0 (all passed), 77 (skipped: its last line says why) or anything else (failed). cmocka programs
# print TAP; each of their cases counts.
set -u
build=$1
cd "$(dirname "$0")/.." || exit 3
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT INT TERM
export BINNACLE="$PWD/$build/binnacle" BINNACLE_BUILD="$PWD/$build" LC_ALL=C.UTF-8 TZ=UTC
passed=0 failed=0 skipped=0
one() { # NAME COMMAND...
    name=$1; shift
    CMOCKA_MESSAGE_OUTPUT=TAP "$@" >"$scratch/out" 2>&1 </dev/null
    code=$?
    # cmocka writes a skipped case as "not ok N # SKIP".
    skip=$(grep -cE '^(not )?ok .*# SKIP' "$scratch/out")
    ok=$(grep '^ok ' "$scratch/out" | grep -vc '# SKIP'); bad=$(grep '^not ok ' "$scratch/out" | grep -vc '# SKIP')
    if [ $code = 77 ]; then
        skipped=$((skipped + 1)); printf 'skip  %-40s %s\n' "$name" "$(tail -n 1 "$scratch/out")"; return
    fi
    [ "$ok$bad$skip" = 000 ] && { [ $code = 0 ] && ok=1 || bad=1; }
    [ $code != 0 ] && [ "$bad" = 0 ] && bad=1
    passed=$((passed + ok)); skipped=$((skipped + skip)); failed=$((failed + bad))
    [ "$skip" != 0 ] && grep -iE '# SKIP|^skipped:' "$scratch/out" | sed 's/^not ok/skip/; s/^/      /'
    if [ "$bad" != 0 ]; then
        printf 'FAIL  %s (exit %s)\n' "$name" "$code"; grep -v '^ok ' "$scratch/out" | tail -n 60 | sed 's/^/      /'
    else
        printf 'ok    %-40s %s\n' "$name" "$(grep '^figure:' "$scratch/out" | sed 's/^figure: //' | paste -sd ';' -)"
    fi
}
for test in "$build"/tests/logs/test_* "$build"/tests/perception/test_* "$build"/tests/nav/test_* \
            "$build"/tests/sim/test_* "$build"/tests/tui/test_*; do
    case $test in *.o | *.d | *'*') continue ;; esac
    [ -n "${ONLY:-}" ] && case $test in *$ONLY*) ;; *) continue ;; esac
    one "${test#"$build"/tests/}" timeout "${TEST_TIMEOUT:-600}" "$test"
done
for harness in "$build"/tests/fuzz/fuzz_*; do
    case $harness in *.o | *.d | *'*') continue ;; esac
    [ -n "${ONLY:-}" ] && case $harness in *$ONLY*) ;; *) continue ;; esac
    one "${harness#"$build"/tests/}" timeout 300 "$harness" tests/fuzz/corpus/"$(basename "$harness")"
done
for script in tests/*/test_*.sh; do
    [ -e "$script" ] || continue
    [ -n "${ONLY:-}" ] && case $script in *$ONLY*) ;; *) continue ;; esac
    one "${script#tests/}" timeout "${TEST_TIMEOUT:-600}" sh "$script"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
