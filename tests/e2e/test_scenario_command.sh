#!/bin/sh
# binnacle scenario check, show, plot: as somebody uses them who writes a scenario.
. "$(dirname "$0")/lib.sh"
size_of() { python3 -c 'import struct,sys; print("%dx%d" % struct.unpack(">II", open(sys.argv[1],"rb").read()[16:24]))' "$1"; }
head='name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n'
printf "$head" >good.yaml
printf "${head}lidar: {beams: {choice: [90, 180, 360]}}\n" >random.yaml
printf "${head}solids: [{kind: box, at: [1.2, 3], size: [1, 1, 1]}]\n" >walled.yaml
printf "${head}solids: [{kind: box, at: [4, 3], size: [1, 6, 1]}]\n" >shut.yaml
printf "${head}lidar: {rate_hz: 30}\n" >rate.yaml
printf "${head}map: none.yaml\n" >nomap.yaml

exits 0 "$B" scenario check --all
says out '^office: ok, way [0-9.]+ m$'
says out '^clutter: ok, way .* 5 seeds$'
exits 0 "$B" scenario check good.yaml random.yaml
says out '^random.yaml: ok, .*5 seeds'
exits 2 "$B" scenario check walled.yaml;  says err 'walled.yaml:3:1: at start \(1, 3\) the robot stands in'
exits 2 "$B" scenario check shut.yaml;    says err 'shut.yaml: seed 1: there is no way'
exits 2 "$B" scenario check rate.yaml;    says err 'rate.yaml:5:9: lidar.rate_hz 30 does not divide'
exits 2 "$B" scenario check nomap.yaml;   says err 'nomap.yaml:5:1: map: .*none.yaml'
exits 2 "$B" scenario check good.yaml shut.yaml rate.yaml random.yaml
says err 'shut.yaml: seed 1'; says err 'rate.yaml:5:9'; says err '2 of 4 scenarios are not right'
says out '^random.yaml: ok'
exits 3 "$B" scenario check missing.yaml
exits 2 "$B" scenario check
says err 'name a scenario'
exits 2 "$B" scenario chekc good.yaml
says err "did you mean 'check'"
exits 2 "$B" scenario check good.yaml --set lidar.beam=9
says err "did you mean 'beams'"

exits 0 "$B" scenario show random.yaml --seed 4
says out '^t, seed 4$'; says out '^  lidar.beams +(90|180|360)$'; says out 'way +6.00 m'
cp out first
exits 0 "$B" scenario show random.yaml --seed 4
check "the same seed shows the same" cmp -s out first
exits 0 "$B" scenario show office --json
check "show --json is JSON" python3 -c '
import json
s = json.load(open("out"))
assert s["name"] == "office" and s["settings"]["lidar"]["rate_hz"] == 10 and len(s["solids"]) > 20, s
assert s["reference_length_m"] > 20 and s["official_length_m"] is None'
exits 0 "$B" scenario show --all --json
check "one object a line" test "$(wc -l <out)" = "$("$B" list scenarios --names | wc -l)"

exits 0 "$B" scenario plot good.yaml
check "named after the scenario" test "$(size_of t.png)" = 960x763
exits 0 "$B" scenario plot office small.png --size 400
check "as wide as asked" test "$(size_of small.png | cut -dx -f1)" = 400
exits 0 "$B" scenario plot --all sheet.png
check "four a row" test "$(size_of sheet.png | cut -dx -f1)" = 1970
exits 2 "$B" scenario plot shut.yaml nowhere.yaml none.png --set lidar.beam=1
exits 3 "$B" scenario plot good.yaml /no/such/folder/x.png
exits 0 "$B" scenario --help
says out 'check SCENARIO'; says out '--seeds'
exits 0 "$B" help --completion
says out 'scenario\)'
done_testing
