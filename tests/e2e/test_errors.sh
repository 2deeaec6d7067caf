#!/bin/sh
# Bad input gets a sentence (what, where, what to do) and its exit code.
. "$(dirname "$0")/lib.sh"
one_line() { check "one sentence" test "$(wc -l <err)" = 1; }
exits 2 "$B" run ofice;                   says err "did you mean 'office'"; one_line
exits 2 "$B" run office --policy dva;     says err "did you mean 'dwa'"; one_line
exits 2 "$B" run office --sed 3;          says err 'did you mean --seed'; one_line
exits 2 "$B" runn office;                 says err "did you mean 'run'"; one_line
exits 2 "$B" run;                         says err 'missing argument'
exits 2 "$B" run office corridor;         says err "unexpected argument 'corridor'"
exits 2 "$B" run office --seed x;         says err 'whole number'
exits 2 "$B" run office --seed;           says err 'needs a value'
exits 2 "$B" run office --shield maybe;   says err 'off, monitor or on'
exits 2 "$B" run office --without lidr;   says err "did you mean 'lidar'"
exits 2 "$B" run office --set lidar.noise_m=-1; says err 'noise_m'
exits 2 "$B" run office --set lidar.nose_m=1;   says err "did you mean"
exits 2 "$B" run office --set dwa.nothing=1;    says err 'nothing'
exits 2 "$B" run office --log x.mcap --compression zip; says err 'none, lz4 or zstd'
exits 2 "$B" log inf a.mcap;              says err "did you mean 'info'"
exits 2 "$B" sim office --bind tcp://0.0.0.0:5555; says err '0.0.0.0'
exits 2 "$B" sim office --bind nonsense;  says err 'ipc://'
exits 3 "$B" run missing.yaml;            says err 'missing.yaml'; one_line
exits 3 "$B" log info missing.mcap;       says err 'missing.mcap'; one_line
exits 3 "$B" tui missing.mcap
exits 3 "$B" run office --log /no/such/folder/x.mcap; says err '/no/such/folder'
: >empty.mcap
head -c 3000 /dev/urandom >foreign.mcap
"$B" run corridor --seed 3 --log whole.mcap >/dev/null
head -c 100000 whole.mcap >cut.mcap
for verb in 'log info' 'log cat' check tui; do
    exits 3 "$B" $verb empty.mcap;   says err 'empty.mcap'
    exits 3 "$B" $verb foreign.mcap; says err 'foreign.mcap'
done
exits 0 "$B" log info cut.mcap;      says out 'DAMAGE'
exits 0 "$B" check cut.mcap;         says out 'log ends before'
while read -r want text; do
    printf "$text" >case.yaml
    exits "$want" "$B" run case.yaml
    says err 'case.yaml:[0-9]+:[0-9]+: '
    one_line
done <<'END'
2 name: [
2 nam: x\n
2 name: x\nbounds: [0, 0, 9, 9]\nstart: [1, 1, 0]\ngoal: [8, .nan]\n
2 name: x\nbounds: [0, 0, 9, 9]\nstart: [1, 1, 0]\ngoal: [8, 8]\nsolids:\n  - {kind: box, at: [4, 4], size: [-1, 1, 1]}\n
2 name: x\nbounds: [0, 0, 9, 9]\nstart: [1, 1, 0]\ngoal: [8, 8]\nlidar: {rate_hz: fast}\n
2 name: x\nbounds: [0, 0, 9, 9]\nstart: [1, 1, 0]\ngoal: [8, 8]\nlidar: 7\n
END
python3 - <<'END'
head = "name: x\nbounds: [0, 0, 9, 9]\nstart: [1, 1, 0]\ngoal: [8, 8]\n"
solid = "  - {kind: sphere, at: [5, 5], radius: 0.1}\n"
open("many.yaml", "w").write(head + "solids:\n" + solid * 30000)
open("million.yaml", "w").write(head + "solids:\n" + solid * 1000000)
open("map.png", "wb").write(b"GIF89a not a png")
open("map.yaml", "w").write("image: map.png\nresolution: 0.05\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.25\n")
open("badmap.yaml", "w").write(head + "map: map.yaml\n")
END
exits 2 "$B" run many.yaml;    says err '20000'
exits 2 "$B" run million.yaml; says err 'larger than'
"$B" run badmap.yaml >out 2>err; says err 'map.png'
# Without a terminal the dashboard says so; nobody behind the endpoint is said within seconds.
exits 3 "$B" tui "ipc://$S/nobody"; says err 'terminal|nobody'
# A full disk: the episode goes on, the exit code tells.
if [ -e /dev/full ]; then
    exits 3 "$B" run corridor --seed 3 --log /dev/full
    says out 'success'
    says err 'space'
fi
# A disk that fills up half-way: what was written stays readable and proves itself.
(ulimit -f 1500; exec "$B" run corridor --seed 3 --log full.mcap) >out 2>err
check "a disk that fills up: exit 3" test $? = 3
says out 'success'
says err 'full.mcap'
exits 0 "$B" log info full.mcap
exits 0 "$B" check full.mcap
says out 'bit-exact, [1-9][0-9]* ticks.*log ends before'
# Two servers on one endpoint.
"$B" sim corridor --bind "ipc://$S/bus" --paused 2>/dev/null >/dev/null &
first=$!
check "the server's socket appears" until_true 10 test -S "$S/bus"
exits 3 "$B" sim corridor --bind "ipc://$S/bus"; says err 'in use'
kill -TERM $first; wait $first
check "SIGTERM ends the server in order" test $? = 0
check "no socket is left" test ! -e "$S/bus"
done_testing
