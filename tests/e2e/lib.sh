# lib.sh - sourced by the end-to-end tests: a scratch folder, checks that print what went wrong.
set -u
B=${BINNACLE:?run me through tests/run.sh, or set BINNACLE to the program}
S=$(mktemp -d)
cd "$S" || exit 3
trap 'cd /; rm -rf "$S"' EXIT
trap 'exit 130' INT TERM
bad=0
cases=0
ok() { cases=$((cases + 1)); echo "ok $cases - $*"; }
not_ok() { cases=$((cases + 1)); bad=1; echo "not ok $cases - $*"; }
# check NAME CONDITION...: the condition is a command
check() { name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name: $*"; fi; }
# exits CODE COMMAND...: runs it, output to $S/out and $S/err, compares the exit code
exits() { want=$1; shift; "$@" >"$S/out" 2>"$S/err" </dev/null; got=$?
    if [ $got = "$want" ]; then ok "exit $want: ${*##*/}"; else not_ok "exit $got, not $want: $*"; sed 's/^/#  /' "$S/out" "$S/err"; fi; }
# says FILE TEXT: an extended regular expression is found in the file
says() { if grep -qE -- "$2" "$1"; then ok "says '$2'"; else not_ok "does not say '$2':"; sed 's/^/#  /' "$1"; fi; }
# until_true SECONDS COMMAND...: polls, no blind sleeping; three times as long, since a loaded machine under sanitizers is slow
until_true() { limit=$(( $(date +%s) + 3 * $1 )); shift; until "$@"; do [ "$(date +%s)" -ge $limit ] && return 1; sleep 0.05; done; }
# drivers LOG WANTED...: every tick of the log has one decision, and these drove, one after the other (hashes left out)
drivers() { log=$1; shift
    "$B" log cat "$log" --topic /binnacle/decision | sed -E 's/.*"tick": *([0-9]+),"policy": *"([^"#]*).*/\1 \2/' >driven
    ticks=$("$B" log cat "$log" --topic /binnacle/state_hash | wc -l)
    missed=$(awk -v ticks="$ticks" '$1 != NR { missed++ } END { print missed + ticks - NR }' driven)
    check "$log: $* drive in turn" test "$(cut -d ' ' -f 2 driven | uniq | tr '\n' ' ')" = "$* "
    check "$log: a decision at every tick" test "$missed" = 0
    echo "figure: $(basename "$log"): $# drivers in turn ($*), $ticks ticks, $missed without a decision"
}
done_testing() { exit $bad; }
