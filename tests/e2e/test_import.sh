#!/bin/sh
# Worlds in other people's formats, given by path: they run, obey the benchmark's rules, and their logs stand alone.
. "$(dirname "$0")/lib.sh"
key() { python3 -c 'import json,sys; print(json.load(open("out"))[sys.argv[1]])' "$1"; }
# open lane, one cylinder in the middle of the straight way in world 7, a wall across in world 8
{
    printf 'W 7 1 10.0 5.0 0.5 10.0\nP 2 15 0 15 29\nC -2.25 8 0.25\n'
    printf 'W 8 41 10.0 5.0 0.5 10.0\nP 2 15 0 15 29\n'
    i=0
    while [ $i -lt 41 ]; do echo "C $(python3 -c "print(-4.25 + 0.1 * $i)") 6 0.075"; i=$((i + 1)); done
} >worlds.txt
exits 0 "$B" run 'worlds.txt#7' --json --log 7.mcap
check "BARN: named after its world" test "$(key scenario)" = barn-7
check "BARN: full score for a fast run" test "$(key barn_score)" = 0.5
check "BARN: the clock starts with the motion" python3 -c "exit(not 0 < $(key sim_time_s) - $(key clock_s) < 1)"
check "BARN: the official length" python3 -c "exit(abs($(key official_length_m) - 10.0020) > 1e-3)"
mkdir elsewhere && mv 7.mcap elsewhere && cd elsewhere || exit 3
exits 0 "$B" check 7.mcap
cd "$S" || exit 3
exits 1 "$B" run worlds.txt --set barn.world=8 --policy pursuit --shield off --json
check "BARN: a touch ends it" test "$(key outcome)" = collision
check "BARN: and scores nothing" test "$(key barn_score)" = 0
exits 2 "$B" run 'worlds.txt#9'
says err 'there is no world 9; the file holds 2, from 7 to 8'

printf 'T a 20 3 0 5 3 10 5 -3 20 5 3\nD 0 1 a\n' >dynabarn.txt
exits 0 "$B" run 'dynabarn.txt#0' --log dyna.mcap
exits 0 "$B" check dyna.mcap

printf 'type octile\nheight 5\nwidth 9\nmap\n@@@@@@@@@\n@...T...@\n@...T...@\n@.......@\n@@@@@@@@@\n' >tiny.map
printf 'version 1\n0\tmaps/tiny.map\t9\t5\t1\t1\t7\t1\t8.24\n' >tiny.map.scen
exits 0 "$B" run 'tiny.map.scen#0' --log scen.mcap
exits 0 "$B" check scen.mcap
exits 0 "$B" run tiny.map --seed 3 --set movingai.cell_m=0.8
exits 2 "$B" run 'tiny.map.scen#1'
says err 'there is no row 1'

printf 'image: m.pgm\nresolution: 0.5\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.196\n' >m.yaml
python3 - <<'P'
rows = ["#" * 16] + ["#" + "." * 14 + "#"] * 10 + ["#" * 16]
open("m.pgm", "wb").write(b"P5\n16 12\n255\n" + b"".join(bytes(0 if c == "#" else 255 for c in r) for r in rows))
P
exits 0 "$B" run m.yaml --log ros.mcap
exits 0 "$B" check ros.mcap
exits 0 "$B" run m.yaml --set start.x=1 --set start.y=1 --set goal.x=7 --set goal.y=4
rm m.pgm
exits 2 "$B" run m.yaml
says err 'm.yaml:1:1: image: .*m.pgm'
done_testing
