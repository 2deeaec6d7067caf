#!/bin/sh
# Every verb of `binnacle log` on our own logs: what it does, what it refuses, and that memory stays bounded.
. "$(dirname "$0")/lib.sh"
rows() { python3 -c "
import json
rows = [json.loads(line) for line in open('out')]
$1"; }
# Ten seconds each, however well the policy drives: 200 ticks, 100 frames of each camera picture, 20 maps.
"$B" run corridor --seed 3 --set time_limit_s=10 --log a.mcap >/dev/null
"$B" run corridor --seed 3 --policy pursuit --log b.mcap >/dev/null

# info
exits 0 "$B" log info a.mcap
says out '^  attached scenario/corridor.yaml'
says out '/binnacle/state_hash +binnacle_msgs/msg/StateHash +[0-9]+ +20.00 '
exits 0 "$B" log info a.mcap --json
check "info --json is one object" rows '
assert rows[0]["topics"]["/imu"]["rate_hz"] == 100 and rows[0]["topics"]["/imu"]["missing"] == 0
assert rows[0]["metadata"][0]["pairs"]["seed"] == "3" and not rows[0]["damage"]'
exits 0 "$B" log info a.mcap --quick --json
check "info --quick asks the index alone" rows 'assert "bytes" not in rows[0]["topics"]["/imu"] and rows[0]["messages"] > 1000'

# cat
exits 0 "$B" log cat a.mcap --topic /binnacle/decision --from 1 --to 2
check "cat --from --to" rows 'assert [r["message"]["tick"] for r in rows] == list(range(20, 41))'
exits 0 "$B" log cat b.mcap --where 'phase == 0 && severity >= 1' --limit 1
check "cat --where, over all topics" rows 'assert len(rows) == 1 and rows[0]["topic"] == "/binnacle/safety_event"'
exits 0 "$B" log cat a.mcap --topic /scan --items 2 --limit 1
check "cat --items" rows 'assert len(rows[0]["message"]["ranges"]) == 3'
exits 0 sh -c "'$B' log cat a.mcap | head -n 1 >/dev/null"
exits 2 "$B" log cat a.mcap --where 'tick >';   says err 'column 7'
exits 2 "$B" log cat a.mcap --where 'tik > 1';  says err "field 'tik'"
exits 2 "$B" log cat a.mcap --topic /odm;       says err "did you mean '/odom'"
exits 2 "$B" log cat a.mcap --from 3 --to 2;    says err 'from 3'

# filter, merge, split, convert: the parts make the whole again
exits 0 "$B" log filter a.mcap cut.mcap --from 5 --to 8
exits 0 "$B" log cat cut.mcap --topic /clock
check "filter cuts" rows 'assert rows[0]["time_s"] == 5 and rows[-1]["time_s"] == 8'
exits 0 "$B" log cat cut.mcap --topic /tf_static --topic /plan --items 1
check "filter keeps latched state from before" rows '
assert rows[0]["topic"] == "/tf_static" and rows[0]["time_s"] < 5
assert sum(r["topic"] == "/plan" and r["time_s"] < 5 for r in rows) == 1'
exits 0 "$B" log filter a.mcap hot.mcap --where 'v_mps > 0.9' --topic /binnacle/decision
exits 0 "$B" log info hot.mcap --json
check "filter --topic --where" rows 'assert list(rows[0]["topics"]) == ["/binnacle/decision"] and 0 < rows[0]["messages"] < 250'
exits 0 "$B" log filter a.mcap left.mcap --topic /odom --topic /scan
"$B" log info a.mcap --json | python3 -c '
import json, sys
print(*(f"--topic {t}" for t in json.load(sys.stdin)["topics"] if t not in ("/odom", "/scan")))' >others
# shellcheck disable=SC2046
exits 0 "$B" log filter a.mcap right.mcap $(cat others)
exits 0 "$B" log merge left.mcap right.mcap whole.mcap
exits 0 "$B" log diff a.mcap whole.mcap; says out '0 of [0-9]+ topics differ'
exits 0 "$B" log split a.mcap part --every 5; says out '3 parts'
exits 0 "$B" log info part_0002.mcap --json
check "a part stands alone" rows 'assert rows[0]["topics"]["/tf_static"]["messages"] == 1 and rows[0]["attachments"]'
exits 0 "$B" log merge part_0000.mcap part_0001.mcap part_0002.mcap glued.mcap
exits 0 "$B" log diff --topic /imu --topic /clock --topic /camera/image a.mcap glued.mcap
exits 0 "$B" log split a.mcap bytes --size 2000000
check "split --size" test -e bytes_0002.mcap
exits 2 "$B" log split a.mcap; says err -- '--every'
for how in none lz4 zstd; do
    exits 0 "$B" log convert a.mcap $how.mcap --compression $how
    exits 0 "$B" check $how.mcap
done
cp a.mcap same.mcap
exits 0 "$B" log convert same.mcap same.mcap --profile ''
exits 0 "$B" log diff a.mcap same.mcap
exits 2 "$B" log convert a.mcap x.mcap --compression zip; says err 'none, lz4 or zstd'
exits 3 "$B" log convert a.mcap /no/such/x.mcap;          says err '/no/such/x.mcap'
exits 3 "$B" log merge a.mcap missing.mcap x.mcap;        says err 'missing.mcap'
check "a failure leaves no output" test ! -e x.mcap -a ! -e x.mcap.tmp
[ -e /dev/full ] && { exits 3 "$B" log convert a.mcap /dev/full; says err '/dev/full'; }

# diff
exits 1 "$B" log diff a.mcap b.mcap --topic /cmd_vel --topic /binnacle/belief
says err 'first at tick [0-9]+ \(0\.[0-9]+ s\): /cmd_vel '
says out 'linear.x +[0-9]+ from tick [0-9]+ \(.* at most [0-9.]+ apart \([0-9]+ ulp\)'
exits 1 "$B" log diff --json a.mcap b.mcap
check "diff --json names tick, field, values, maximum and ULP" rows '
f = {x["field"]: x for x in rows[0]["topics"]["/cmd_vel"]["fields"]}["linear.x"]
assert f["first_tick"] == round(f["first_s"] / 0.05) and float(f["left"]) != float(f["right"]) and f["largest"] > 0.1 and f["largest_ulp"] > 0
assert rows[0]["topics"]["/clock"]["only"][0] == 0 and rows[0]["apart"][-1]["distance_m"] > 1'
exits 0 "$B" log diff a.mcap a.mcap

# export
exits 0 "$B" log export a.mcap ex --series /odom:twist.twist.linear.x
says out '[0-9]+ tables, 440 frames, 14 plot files' # 100 of each picture, 20 of each map
check "a table reads back" python3 -c '
import csv
rows = list(csv.DictReader(open("ex/binnacle_decision.csv")))
assert [int(r["tick"]) for r in rows] == list(range(1, 201)) and float(rows[9]["v_mps"]) > 0'
check "frames and plots are PNG" python3 -c '
import struct
def size(p):
    b = open(p, "rb").read()
    assert b[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", b[16:24])
assert size("ex/camera_image/000000.png") == size("ex/camera_depth/000099.png")
assert size("ex/costmap/000000.png") == size("ex/binnacle_map_sources/000000.png")
assert size("ex/trajectory.png") == size("ex/odom_twist_twist_linear_x.png") == (960, 540)'
check "plots are well-formed XML" python3 -c '
import xml.dom.minidom
for n in ("trajectory", "odom_twist_twist_linear_x"):
    assert xml.dom.minidom.parse(f"ex/{n}.svg").getElementsByTagName("polyline")'
exits 0 "$B" log export a.mcap only --format plots; says out ': 0 tables, 0 frames'
exits 2 "$B" log export a.mcap ex --format cvs;             says err 'csv, frames or plots'
exits 2 "$B" log export a.mcap ex --series /odom:nothing;   says err 'TOPIC:FIELD'

# annotate
cp a.mcap noted.mcap
exits 0 "$B" log annotate noted.mcap --note 'hit the wall' --tag crash --from 3 --to 4
exits 0 "$B" log info noted.mcap; says out 'note  text hit the wall, tag crash, from_ns 3000000000, to_ns 4000000000'
exits 0 "$B" check noted.mcap
exits 0 "$B" log diff a.mcap noted.mcap
exits 2 "$B" log annotate noted.mcap; says err -- '--note'
head -c 400000 a.mcap >cut_off.mcap
cp cut_off.mcap before.mcap
exits 3 "$B" log annotate cut_off.mcap --note x; says err 'recover'
check "a log that cannot be annotated stays as it is" cmp cut_off.mcap before.mcap

# damage in the middle: the rest is read, the exit code tells
cp a.mcap hurt.mcap
printf '\377\377\377\377\377\377\377\377' | dd of=hurt.mcap bs=1 seek=1000000 conv=notrunc 2>/dev/null
exits 0 "$B" log info hurt.mcap; says out 'DAMAGE'
exits 3 "$B" log cat hurt.mcap --topic /clock; says err 'damaged in 1 place'
check "what lies behind the damage is read" rows 'assert rows[-1]["time_s"] == 10.0 and 150 < len(rows) < 200'
exits 3 "$B" log convert hurt.mcap rest.mcap
exits 0 "$B" log info rest.mcap; check "what was whole is in the copy" sh -c '! grep -q DAMAGE out'

# following a log while it is recorded
exits 0 "$B" log cat -f a.mcap --topic /clock --limit 5
check "cat -f prints what is there" rows 'assert len(rows) == 5'
head -c 1500000 a.mcap >grow.mcap
"$B" log cat -f grow.mcap --topic /clock >followed 2>errors &
follower=$!
check "cat -f prints the beginning" until_true 10 test -s followed
tail -c +1500001 a.mcap >>grow.mcap
wait $follower
check "cat -f ends in order with the recording" test $? = 0
"$B" log cat a.mcap --topic /clock >out
check "and has printed everything once" cmp out followed

# memory does not grow with the log
cat >peak.py <<'END'
import resource, subprocess, sys
subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"figure: log {sys.argv[4]} of 200 MB takes {peak // 1024} MB")
sys.exit(peak > int(sys.argv[1]) * 1024)
END
"$B" log convert b.mcap big0.mcap --compression none
"$B" log merge big0.mcap big0.mcap big0.mcap big0.mcap big1.mcap --compression none
"$B" log merge big1.mcap big1.mcap big1.mcap big1.mcap big.mcap --compression none
check "the large log is large" test "$(wc -c <big.mcap)" -gt 180000000
limit=60
case $B in *sanitize*) limit=2000 ;; esac # a sanitizer holds on to what was freed
check "cat in bounded memory" python3 peak.py $limit "$B" log cat big.mcap --topic /clock
check "convert in bounded memory" python3 peak.py $limit "$B" log convert big.mcap /dev/null
check "diff in bounded memory" python3 peak.py $limit "$B" log diff big.mcap big.mcap --topic /scan
check "export in bounded memory" python3 peak.py $limit "$B" log export big.mcap big.out --format csv --format plots
done_testing
