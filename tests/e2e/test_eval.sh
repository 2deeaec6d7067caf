#!/bin/sh
# Many episodes at once: tables, an ablation, gates, machines' formats, ranges of worlds, and what goes wrong.
. "$(dirname "$0")/lib.sh"
exits 0 "$B" eval wet-floor --ablation --seeds 2
says out '^wet-floor +2/2 +2/2 +[0-2]/2 KEEP [1-9] +2/2'
exits 0 "$B" eval corridor clutter --policy dwa --policy pursuit --seeds 2 --json
cp out two
exits 0 "$B" eval corridor clutter --policy dwa --policy pursuit --seeds 2 --json --jobs 1
strip() { sed 's/"wall_time_s":[^,]*,//' "$1"; }
strip two >a; strip out >b
check "the same results from one process as from several" cmp -s a b
check "every episode and every row is there" python3 -c '
import json
every = json.load(open("two"))
assert len(every["episodes"]) == 8 and len(every["rows"]) == 4
dwa = [r for r in every["rows"] if r["variant"] == "dwa"]
assert sum(r["successes"] for r in dwa) == 4, dwa
row = every["rows"][0]
assert 0 < row["success_low"] < row["successes"] / row["runs"] <= row["success_high"] <= 1'
exits 1 "$B" eval corridor --policy pursuit --policy dwa --seeds 1 --least-success 90 --markdown t.md --junit t.xml
says err 'pursuit reaches 0 of 1 goals, less than the 90 % asked for'
says t.md '^\| corridor \| dwa \|    1/1 '
check "JUnit is well-formed XML" python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("t.xml")'
says t.xml 'tests="2" failures="1" errors="0"'
exits 2 "$B" eval corridor --policy dwq
says err "unknown policy 'dwq'"
exits 2 "$B" eval corridor --ablation --policy dwa --policy pursuit
exits 2 "$B" eval 'worlds.txt#9-3'
says err 'a range of worlds is #FIRST-LAST'
exits 2 "$B" eval 'corridr' --seeds 1
check "... and prints no empty table" test ! -s out
says err 'corridr'
exits 2 "$B" eval corridor --without lidra
says err "there is no sensor 'lidra'"
exits 2 "$B" eval corridor --seeds 0 --least-success 90;     says err 'seeds 0 drives nothing'
done_testing
