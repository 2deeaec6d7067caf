#!/bin/sh
# make.sh BINNACLE: makes the README's pictures again: one episode, the dashboard on its log at two sizes, as PNG and as a terminal (tmux) shows
# it; and the maps of all built-in scenarios on one sheet.
set -eu
binnacle=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'tmux -L pictures kill-server 2>/dev/null || true; rm -rf "$scratch"' EXIT
at=16
"$binnacle" run office --seed 7 --log "$scratch/office.mcap" >/dev/null
for size in 120x36 80x24; do
    columns=${size%x*} rows=${size#*x}
    "$binnacle" tui "$scratch/office.mcap" --at $at --shot "$here/dashboard-$size" --columns "$columns" --rows "$rows"
    TERM=xterm-256color LC_ALL=C.UTF-8 tmux -L pictures -f /dev/null new-session -d -x "$columns" -y "$rows" \
        "$binnacle tui $scratch/office.mcap --at $at"
    # Stop where it began: play is paused by Space, '[' goes back a second.
    until tmux -L pictures capture-pane -p | grep -q BINNACLE; do sleep 0.1; done
    tmux -L pictures send-keys Space
    tmux -L pictures send-keys '['
    sleep 1
    tmux -L pictures capture-pane -p >"$here/dashboard-$size.txt"
    tmux -L pictures send-keys q
    tmux -L pictures kill-server 2>/dev/null || true
    sleep 0.3
done
"$binnacle" run wet-floor --seed 2 --policy learned --log "$scratch/wet.mcap" >/dev/null
"$binnacle" policy why "$scratch/wet.mcap" --at 3 --png "$here/why.png" >/dev/null
"$binnacle" scenario plot --all "$here/scenarios.png" --size 420
