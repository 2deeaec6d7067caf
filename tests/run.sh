#!/bin/sh
# run.sh BUILD_DIR: runs every test program and script, prints one line each, and the sum at the end.
# A program or script exits 0 (all passed), 77 (skipped: its last line says why) or anything else (failed). cmocka programs
# print TAP; each of their cases counts. TEST_JOBS (default: one a processor, four at most) run at a time and are printed in
# order; scripts that sit at a terminal or in real time come last, one by one. ONLY=part picks by name; TIMES=1 shows seconds.
set -u
cd "$(dirname "$0")/.." || exit 3
if [ "$1" = --one ]; then # FOLDER JOB: one line of the list, from within xargs
    command=$(sed -n "$3p" "$2/jobs" | cut -f 2)
    started=$(date +%s)
    # shellcheck disable=SC2086
    CMOCKA_MESSAGE_OUTPUT=TAP timeout "${TEST_TIMEOUT:-600}" $command >"$2/$3.out" 2>&1 </dev/null
    echo "$? $(($(date +%s) - started))" >"$2/$3.part"
    mv "$2/$3.part" "$2/$3.code"
    exit 0
fi
build=$1
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
trap 'kill $crew 2>/dev/null; exit 130' INT TERM
export BINNACLE="$PWD/$build/binnacle" BINNACLE_BUILD="$PWD/$build" LC_ALL=C.UTF-8 TZ=UTC
passed=0 failed=0 skipped=0 jobs=0 crew=
processors=$(getconf _NPROCESSORS_ONLN)
crowd=${TEST_JOBS:-$((processors < 4 ? processors : 4))}

job() { # NAME COMMAND: noted in the list, unless ONLY says otherwise
    case $1 in *"${ONLY:-}"*) ;; *) return ;; esac
    jobs=$((jobs + 1)); printf '%s\t%s\n' "$1" "$2" >>"$scratch/jobs"
}
judge() { # JOB: what came of it, as one line or with all it said
    name=$(sed -n "$1p" "$scratch/jobs" | cut -f 1); out=$scratch/$1.out
    read -r code seconds <"$scratch/$1.code"
    # cmocka writes a skipped case as "not ok N # SKIP".
    skip=$(grep -cE '^(not )?ok .*# SKIP' "$out")
    ok=$(grep '^ok ' "$out" | grep -vc '# SKIP'); bad=$(grep '^not ok ' "$out" | grep -vc '# SKIP')
    if [ "$code" = 77 ]; then
        skipped=$((skipped + 1)); printf 'skip  %-40s %s\n' "$name" "$(tail -n 1 "$out")"; return
    fi
    [ "$ok$bad$skip" = 000 ] && { [ "$code" = 0 ] && ok=1 || bad=1; }
    [ "$code" != 0 ] && [ "$bad" = 0 ] && bad=1
    passed=$((passed + ok)); skipped=$((skipped + skip)); failed=$((failed + bad))
    [ "$skip" != 0 ] && grep -iE '# SKIP|^skipped:' "$out" | sed 's/^not ok/skip/; s/^/      /'
    if [ "$bad" != 0 ]; then
        printf 'FAIL  %s (exit %s, %s s)\n' "$name" "$code" "$seconds"; grep -v '^ok ' "$out" | tail -n 60 | sed 's/^/      /'
    else
        printf 'ok    %-40s %s%s\n' "$name" "${TIMES:+$seconds s }" "$(grep '^figure:' "$out" | sed 's/^figure: //' | paste -sd ';' -)"
    fi
}
crew_work() { # FIRST LAST AT_A_TIME: runs those jobs of the list, and prints them in its order as they end
    [ "$1" -le "$2" ] || return
    seq "$1" "$2" | xargs -P "$3" -n 1 sh tests/run.sh --one "$scratch" &
    crew=$!
    i=$1
    while [ "$i" -le "$2" ]; do
        until [ -e "$scratch/$i.code" ]; do sleep 0.05; done
        judge "$i"
        i=$((i + 1))
    done
    wait "$crew"; crew=
}

: >"$scratch/jobs"
alone='e2e/test_bus.sh e2e/test_dashboard.sh e2e/test_live.sh'
for room in logs perception nav sim tui; do
    for test in "$build"/tests/$room/test_*; do
        case $test in *.o | *.d | *'*') ;; *) job "${test#"$build"/tests/}" "$test" ;; esac
    done
done
for harness in "$build"/tests/fuzz/fuzz_*; do
    case $harness in *.o | *.d | *'*') ;; *) job "${harness#"$build"/tests/}" "$harness tests/fuzz/corpus/${harness##*/}" ;; esac
done
for script in tests/*/test_*.sh; do
    case " $alone " in *" ${script#tests/} "*) ;; *) job "${script#tests/}" "sh $script" ;; esac
done
together=$jobs
for script in $alone; do job "$script" "sh tests/$script"; done
crew_work 1 "$together" "$crowd"
crew_work $((together + 1)) "$jobs" 1
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
