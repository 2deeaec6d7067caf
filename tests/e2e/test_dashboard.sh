#!/bin/sh
# The dashboard in a real terminal (tmux, fixed size): every key a user meets, on a live robot and on a log; resizing;
# poor terminals; every way out. Markers on the screen are polled for, nothing is slept for.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null || { echo "skipped: tmux is not installed"; exit 77; }
unset TMUX
T="tmux -L binnacle-e2e-$$ -f /dev/null"
trap '$T kill-server 2>/dev/null; cd /; rm -rf "$S"' EXIT
export TMPDIR="$S/tmp"
mkdir "$TMPDIR"

# session.sh COMMAND...: notes the terminal's settings before and after, and the exit code; keeps the window.
cat >session.sh <<'END'
stty -a >before
"$@" 2>session.err
got=$?
stty -a >after
echo $got >code
echo "exit code $(cat code)"
exec sleep 1000
END
start() { # WIDTH HEIGHT [NAME=VALUE]... COMMAND...
    width=$1 height=$2; shift 2
    rm -f code
    $T new-session -d -s t -x "$width" -y "$height" env LC_ALL=C.UTF-8 "$@"
}
dashboard() { size=$1; shift; start ${size%x*} ${size#*x} sh session.sh "$B" "$@"; }
screen() { $T capture-pane -p -t t; }
shows() { screen | grep -qE -- "$1"; }
hides() { ! shows "$1"; }
keys() { $T send-keys -t t "$@"; }
text() { $T send-keys -t t -l -- "$1"; }
explain() { not_ok "$1"; screen | sed 's/^/#  /'; }
see() { if until_true 10 shows "$2"; then ok "$1"; else explain "$1: no '$2' on the screen"; fi; }
gone() { if until_true 10 hides "$2"; then ok "$1"; else explain "$1: still '$2' on the screen"; fi; }
sim_ms() { screen | sed -nE '1s/.*sim +([0-9]+):([0-9]+)\.([0-9]+).*/\1 \2 \3/p' |
    awk '{ print $1 * 60000 + $2 * 1000 + $3 * 10 }'; }
sim_is() { [ "$(sim_ms)" = "$1" ]; }
sim_beyond() { [ "$(sim_ms)" -gt "$1" ]; }
ours() { # processes of the program whose folder is ours
    for p in /proc/[0-9]*; do
        [ "$(readlink "$p/cwd" 2>/dev/null)" = "$S" ] || continue
        [ "$(readlink "$p/exe" 2>/dev/null)" = "$(readlink -f "$B")" ] && echo "${p#/proc/}"
    done
}
nobody() { [ -z "$(ours)" ]; }
over() { # WANTED_CODE NAME: the program has ended with that code, and the terminal is as it was
    if until_true 15 test -s code && [ "$(cat code)" = "$1" ]; then
        ok "$2: exit $1"
    else
        explain "$2: exit '$(cat code 2>/dev/null)', not $1"; sed 's/^/#  /' session.err
    fi
    check "$2: the terminal is as it was" until_true 5 cmp before after
    check "$2: no process is left" until_true 10 nobody
    check "$2: no folder or socket is left" test -z "$(ls "$TMPDIR")"
}
leave() { keys q; over 0 "$1"; $T kill-session -t t; }

# A session of its own keeps the tmux server alive between the windows of the test.
$T new-session -d -s keep sleep 1000

echo "# a live robot, 120x36"
dashboard 120x36 --scenario corridor --seed 3 --no-log
see "it is live" ' LIVE '
see "the camera is there" '1 CAMERA colour.*64x48'
see "the lidar is there" '2 LIDAR 360 beams'
see "the first line of the log was not missed" 'INFO +episode +corridor, seed 3'
keys '?'; see "? opens the help" 'HELP.*Esc'
keys Escape; gone "Esc closes it" 'HELP'
keys Space; see "Space pauses" ' PAUSED '
before_ms=$(sim_ms)
keys .; check ". steps one tick of 50 ms" until_true 10 sim_is $((before_ms + 50))
keys .; check ". steps another" until_true 10 sim_is $((before_ms + 100))
keys s; see "s says where the picture is" 'saved .*binnacle-.*\.png'
keys S; see "S says where the text is" 'saved .*binnacle-.*\.txt'
check "the text shows the screen" grep -q 'PAUSED' binnacle-*.txt
check "the picture begins as a PNG" sh -c 'head -c 8 binnacle-*.png | od -An -c | grep -q "211   P   N   G"'
check "... and ends as one" sh -c 'tail -c 8 binnacle-*.png | grep -q IEND'
keys Space; see "Space resumes" ' LIVE '
check "simulated time goes on" until_true 10 sim_beyond $((before_ms + 300))
text '[['; see "[ goes back a second" ' REWIND '
keys ,; see ", goes back a tick" ' REWIND '
keys m; see "m marks" 'marked 00:'
keys G; see "G returns to now" ' LIVE '
text "'"; see "' returns to the mark" ' REWIND '
keys Escape; see "Esc returns to now" ' LIVE '
keys e; see "e says that there is no error" 'no error after'
keys V; see "V goes to a violation or says that there is none" ' REWIND |no violation before'
keys G; see "G returns again" ' LIVE '
keys 2 z; gone "z shows one pane alone" '1 CAMERA'
see "... the lidar" '2 LIDAR'
keys z; see "z brings the others back" '1 CAMERA'
for n in '1 CAMERA' '2 LIDAR' '3 POLICY' '4 SAFETY' '5 MOTION' '6 LOG'; do
    keys "${n%% *}" z
    other='6 LOG'; [ "$n" = '6 LOG' ] && other='1 CAMERA'
    gone "${n%% *} and z: others give way to ${n#* }" "$other"
    see "... and it is there" "$n"
    keys z; see "... and they come back" "$other"
done
keys 6 Tab z; see "Tab goes from the last pane to the first" '1 CAMERA'
gone "... which stands alone" '6 LOG'
keys z BTab z; see "Shift-Tab goes back" '6 LOG'
keys z
text '>'; see "> doubles the speed" 'speed x2'
text '<'; see "< halves it" 'speed x1'
keys x; see "x stops the robot" 'E-STOP'
keys X; gone "X releases it" 'E-STOP'
keys P; gone "P swaps the policy" ' dwa '
text ':fly 3'; see ": takes a command" 'command: fly 3'
keys Enter; see "... and shows why it is refused" "unknown command 'fly'"
text ':policy dwa'; keys Enter; see "... and that it is obeyed" ' LIVE .* dwa '
keys i; see "i asks for a fault" 'command: fault'
text 'lidar:flip'; keys Enter; see "... and says what makes no sense" "'flip' makes no sense for lidar"
keys i; text 'lidar:noise=0.02'; keys Enter; see "a fault is in force: it is in the status line" 'LIVE .*FAULT lidar:noise'
see "... and in the log" 'fault +lidar:noise=0.02@[0-9.]+ begins'
text ':fault_clear'; keys Enter; gone "fault_clear ends it" 'FAULT'
keys R; check "R begins again" until_true 10 sh -c "! $T capture-pane -p -t t | grep -qE 'sim 00:(0[2-9]|[1-9])'"
see "... live" ' LIVE '
keys T; see "T drives by hand" ' teleop '
keys Up Up Up Left; see "... faster and to the left" 'operator asks for 0\.30 m/s'
keys Escape; see "Esc gives the wheel back" ' LIVE .* dwa '
text '/corridor'; keys Enter; see "/ searches the log" 'LOG .*/corridor'
text '\nothing like it'; keys Enter; see "\\ filters the log" '0 of [0-9]+ +only "nothing'
text '\'; keys Enter; gone "an empty filter shows all" 'only "'
for size in '40 10' '10 3' '1 1' '200 60' '80 24'; do
    $T resize-window -t t -x ${size% *} -y ${size#* }
done
see "80x24: still there after 40x10, 10x3, 1x1 and 200x60" ' LIVE '
$T resize-window -t t -x 10 -y 3
check "10x3: it says something" until_true 10 shows '[A-Za-z0-9]'
$T resize-window -t t -x 120 -y 36
see "120x36: all panes again" '5 MOTION'
leave "q"

echo "# a live robot, 80x24"
dashboard 80x24 --scenario corridor --seed 3 --no-log
see "it is live" ' LIVE '
see "one pane beside the rail" '1 CAMERA'
keys 2; see "2 shows the lidar" '2 LIDAR'
keys 6; see "6 shows the log" '6 LOG'
leave "q"

echo "# swapped while it drives, in real time and recorded: dwa, mppi, a network, back"
dashboard 120x36 --scenario office --seed 7 --log swaps.mcap
see "dwa drives" ' LIVE .* dwa '
check "a second passes" until_true 10 sim_beyond 1000
text ':policy mppi'; keys Enter; see "mppi drives" ' LIVE .* mppi '
keys w; see "w asks what its command hangs on" 'set saliency\.of=driver'
hides 'hangs on' && ok "... mppi is no network" || explain "mppi hangs on something"
check "a second passes" until_true 10 sim_beyond 2000
text ':policy learned'; keys Enter; see "the network drives" ' LIVE .* learned '
see "... and hangs on" 'learned hangs on'
keys w; gone "w again ends it" 'learned hangs on'
check "a second passes" until_true 10 sim_beyond 3000
keys U; see "U takes the swap back" ' LIVE .* mppi '
check "a second passes" until_true 10 sim_beyond 4000
leave "q in the middle"
drivers swaps.mcap dwa mppi learned mppi
check "what was shown was recorded" test "$("$B" log cat swaps.mcap --topic /binnacle/saliency | wc -l)" -gt 0
exits 0 "$B" check swaps.mcap; says out 'bit-exact'

echo "# a log"
"$B" run clutter --policy pursuit --shield off --seed 1 --log f.mcap >run.out
dashboard 120x36 tui f.mcap
see "a log is a file" ' FILE '
see "it plays to its end" 'sim 00:02\.25'
keys g; see "g goes to its beginning" 'sim 00:00\.00'
keys .; see ". steps a tick" 'sim 00:00\.05'
keys .; see ". steps another" 'sim 00:00\.10'
keys ,; see ", steps back" 'sim 00:00\.05'
text ']'; see "] goes on a second" 'sim 00:01\.05'
text '['; see "[ goes back a second" 'sim 00:00\.05'
keys v; see "v finds the first violation" 'VIOLATION.*TTC'
first_ms=$(sim_ms)
keys v; check "v finds the next" until_true 10 sim_beyond "$first_ms"
keys V; check "V finds the one before" until_true 10 sim_is "$first_ms"
keys a; see "a acknowledges it" 'acknowledged'
keys x; see "a log obeys no command, and says so" 'this is a log'
keys g Space; check "Space plays" until_true 10 sim_beyond 300
keys Space; paused_ms=$(sim_ms)
keys G; see "G goes to the end" 'sim 00:02\.25'
leave "q"

echo "# poor terminals"
poor() { # NAME MARK SETTING...: starts, draws, ends
    name=$1 mark=$2; shift 2
    start 100 30 "$@" sh session.sh "$B" --scenario corridor --seed 3 --no-log
    see "$name: it draws" ' LIVE '
    see "$name: as it should" "$mark"
    leave "$name"
}
poor "TERM=linux" ' 8 q0' TERM=linux
poor "TERM=vt100" ' mono q0' TERM=vt100
poor "NO_COLOR=1" ' mono q0' TERM=xterm-256color NO_COLOR=1
poor "LC_ALL=C" '^[+]-*1 CAMERA' LC_ALL=C
# (a sanitized build would blame us for what ncurses itself forgets to free here)
start 100 30 TERM=nonsense ASAN_OPTIONS=detect_leaks=0 sh session.sh "$B" --scenario corridor --seed 3 --no-log
over 3 "an unknown terminal"
check "an unknown terminal is named" grep -q "'nonsense'" session.err
$T kill-session -t t

echo "# nobody there, somebody lost"
dashboard 120x36 tui "ipc://$S/bus"
see "it waits" 'WAITING'
over 3 "nobody there"
check "nobody there is said" grep -q 'nobody answers on ipc://' session.err
$T kill-session -t t
serve() { "$B" sim corridor --seed "$1" --bind "ipc://$S/bus" >sim.out 2>&1 & sim=$!; }
serve 3
dashboard 120x36 tui "ipc://$S/bus"
see "it watches a simulator that runs by itself" ' LIVE '
kill -9 $sim; wait $sim 2>/dev/null
see "a lost simulator is said" 'NO LINK'
keys x; see "a command to nobody is said" 'no simulator is there'
serve 4
see "another one on the same endpoint is found" 'corridor #4 .*LIVE'
kill $sim; wait $sim
leave "q"

echo "# other ways out"
for signal in TERM HUP INT; do
    dashboard 120x36 --scenario corridor --seed 3 --no-log
    see "SIG$signal: it is live" ' LIVE '
    kill -$signal "$(ours | sort -n | head -n 1)"
    over 0 "SIG$signal"
    $T kill-session -t t
done
dashboard 120x36 --scenario corridor --seed 3 --no-log
see "kill -9: it is live" ' LIVE '
kill -9 "$(ours | sort -n | head -n 1)"
check "kill -9: the simulator ends by itself" until_true 10 nobody
check "kill -9: no folder or socket is left" test -z "$(ls "$TMPDIR")"
$T kill-session -t t
dashboard 120x36 --scenario corridor --seed 3 --no-log
see "the terminal closes: it is live" ' LIVE '
$T kill-session -t t
check "the terminal closes: nobody is left" until_true 10 nobody
start 120 36 PS1='shell> ' bash --norc -i
see "a shell" 'shell>'
text "'$B' --scenario corridor --seed 3 --no-log"; keys Enter
see "in a shell it is live" ' LIVE '
keys C-z; see "Ctrl-Z gives the shell back" 'Stopped'
text 'stty -a | grep -c " echo "'; keys Enter; see "... with echo" '^1$'
text 'fg'; keys Enter; see "fg brings it back" '1 CAMERA'
see "... live" ' LIVE '
prompts() { screen | grep -v '^ *$' | tail -n 1 | grep -qE '^shell> *$'; } # what is typed before that is thrown away
keys q; check "q gives the prompt back" until_true 20 prompts
text 'echo code $?'; keys Enter; see "... and ends it" 'code 0'
check "nobody is left" until_true 10 nobody
echo "# a log that is still being recorded"
"$B" sim corridor --seed 3 --bind "ipc://$S/growing" --log growing.mcap >/dev/null 2>&1 &
recorder=$!
check "it is being recorded" until_true 10 sh -c "[ \$(wc -c <growing.mcap) -gt 100000 ]"
$T kill-session -t t 2>/dev/null
dashboard 120x36 tui growing.mcap
see "it is shown" ' FILE '
keys G
now=$(sim_ms)
check "its end moves on" until_true 10 sim_beyond $((now + 1500))
kill -TERM $recorder; wait $recorder
leave "quit"
check "and it is whole in the end" sh -c "'$B' check growing.mcap | grep -q bit-exact"

done_testing
