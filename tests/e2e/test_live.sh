#!/bin/sh
# binnacle without a terminal: plain lines, an ended child, nothing left behind; signals at any time.
. "$(dirname "$0")/lib.sh"
export TMPDIR="$S/tmp"
mkdir "$TMPDIR"
exits 0 "$B" --scenario corridor --seed 3 --speed max --log live.mcap
says out 'RESULT success'
says out 'recorded live.mcap'
exits 0 "$B" check live.mcap
exits 2 "$B" --scenario nowhere
says err 'nowhere'
for signal in INT TERM HUP; do
    "$B" --scenario corridor --seed 3 --log "$signal.mcap" >"$signal.out" 2>"$signal.err" &
    pid=$!
    check "it runs" until_true 20 grep -qs 'goal  ' "$signal.out"
    kill -$signal $pid
    wait $pid
    check "SIG$signal: the log is closed and whole" sh -c "$B check $signal.mcap | grep -q 'bit-exact'"
done
left() { for p in /proc/[0-9]*; do [ "$(readlink "$p/exe")" = "$B" ] && [ "$(readlink "$p/cwd")" = "$S" ] && echo "$p"; done; }
check "no child is left" test -z "$(left)"
check "no temporary folder is left" test -z "$(ls "$TMPDIR")"
done_testing
