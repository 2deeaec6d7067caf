#!/bin/sh
# Training from the command line: the same bytes again, an expert in the loop, logs, a judge that notices nonsense, refusals.
. "$(dirname "$0")/lib.sh"
cat >posts.yaml <<'END'
name: posts
bounds: [-1, -3, 9, 3]
start: [0, 0, 0]
goal: [7, 0.5]
time_limit_s: 20
solids:
  - {name: a, kind: cylinder, radius: 0.15, height: 1, at: [2.5, 0.2]}
  - {name: b, kind: cylinder, radius: 0.15, height: 1, at: [4.5, -0.3]}
  - {name: c, kind: box, size: [0.3, 0.6, 1], at: [4.2, 1.6, 0.5]}
END
exits 0 "$B" run posts.yaml --policy dwa
rows="--rows lidar=36,goal,path=6,velocity,limits --hidden 32,32 --without camera --without depth --expert dwa --batch 32 --rate 0.003"
train() { "$B" train "$@" $rows; }

echo "# the same bytes, however many processes"
exits 0 train a.onnx posts.yaml --seeds 6 --rounds 2 --epochs 40 --evaluate posts.yaml --evaluate-seeds 4 --gate 0.5 --jobs 2 --plot a.svg
says out '^round 2: expert 50 %, .* of 6 reached the goal; .*; alone: [34] of 4'
cp a.onnx first.onnx; cp a.json first.json
exits 0 train a.onnx posts.yaml --seeds 6 --rounds 2 --epochs 40 --evaluate posts.yaml --evaluate-seeds 4 --jobs 1
check "network" cmp -s a.onnx first.onnx
check "record" cmp -s a.json first.json
# Named twice it is driven with other seeds.
exits 0 train b.onnx posts.yaml posts.yaml --seeds 3 --rounds 2 --epochs 40 --evaluate posts.yaml --evaluate-seeds 4
check "the same as six seeds" python3 -c 'import json; assert json.load(open("b.json"))["rounds"] == json.load(open("a.json"))["rounds"]'
exits 0 train b.onnx posts.yaml --seeds 6 --rounds 1 --epochs 40 --seed 2
check "another seed, another network" sh -c '! cmp -s a.onnx b.onnx'
says a.json '"source":"posts.yaml","sha256":"[0-9a-f]{64}"'
says a.json "\"sha256\":\"$(sha256sum a.onnx | cut -c1-64)\""
check "the record is JSON" python3 -c 'import json; assert len(json.load(open("a.json"))["rounds"]) == 2'
says a.svg '<svg'
exits 0 "$B" run posts.yaml --policy a.onnx --seed 77
exits 0 "$B" policy info a.onnx
says out 'lidar'

echo "# who judges, and on what: the same as eval on seeds of its own"
exits 0 "$B" eval posts.yaml --policy a.onnx --seed 1000001 --seeds 4 --shield off --without camera --without depth --json
check "train and eval count the same" python3 -c '
import json
judged, rows = json.load(open("a.json")), json.load(open("out"))
kept = judged["rounds"][judged["kept_round"] - 1]["evaluation"]
assert kept["successes"] == rows["rows"][0]["successes"] and kept["episodes"] == 4, (kept, rows["rows"])'
check "samples of all rounds add up" python3 -c '
import json
r = json.load(open("a.json"))["rounds"]
assert r[0]["samples_all"] == r[0]["samples"] and r[1]["samples_all"] == r[0]["samples"] + r[1]["samples"]'

echo "# cloning against DAgger, on as many samples"
compare="posts.yaml --seeds 3 --rounds 2 --samples 250 --epochs 10 --held-out 0.3 --evaluate posts.yaml --evaluate-seeds 3 --trials 2 --compare"
exits 0 train f.onnx $compare --plot f.png --jobs 2
says out '^cloning, trial 1 of 2: round 2: expert 100 %, .*; 250 samples of 500; .*; alone: [0-3] of 3 \([0-9]+\.\.[0-9]+ %\), [0-3] collided, SPL '
says out '^DAgger, trial 2 of 2: round 2: expert 50 %, .*; 250 samples of 500;'
says out '^\| cloning \| 500 \| .* \| [0-6]/6 [0-9]+ % \([0-9]+-[0-9]+\) \| [0-3]\.\.[0-3] of 3 \|'
says out '^\| DAgger \| 500 \|'
says out '^Of 6 worlds both master [0-6], only cloning [0-6], only DAgger [0-6], neither [0-6]: p = '
check "no progress line without a terminal" test ! -s err
check "the picture" sh -c 'head -c 4 f.png | grep -q PNG'
cp f.onnx first.onnx
exits 0 train f.onnx $compare --jobs 1 --json
check "the same network" cmp -s f.onnx first.onnx
check "both ways as JSON; they begin alike" python3 -c '
import json
c = json.load(open("out"))["comparison"]
first, second = c["ways"]
assert c["trials"] == 2 and len(first["rounds"]) == 2 and sum(c["pairs"][k] for k in ("both", "first", "second", "neither")) == 6
assert first["rounds"][0] == second["rounds"][0] and first["rounds"][1]["loss"] != second["rounds"][1]["loss"]'
# Two ways that are one are found to be one.
exits 0 train f.onnx $compare --beta 1
says out 'only cloning 0, only DAgger 0, .*: p = 1 '
exits 2 train g.onnx posts.yaml --compare --evaluate posts.yaml --rounds 2
says err '--samples N'
exits 2 train g.onnx posts.yaml --compare --evaluate posts.yaml --samples 100
says err '--rounds 2'
exits 2 train g.onnx posts.yaml --trials 3
says err '--trials needs .*--evaluate'

echo "# a log teaches"
exits 0 "$B" run posts.yaml --policy dwa --seed 3 --log a.mcap
exits 0 train c.onnx a.mcap --epochs 5
says out '^round 1: expert 100 %, 1 of 1 reached'
says c.json '"source":"a.mcap","sha256":"[0-9a-f]{64}"'

exits 2 train g.onnx a.mcap --samples 100000 # a log gives what it has, once
says err 'only [0-9]+ of 100000 samples'
check "nothing is left of a refusal" test ! -e g.onnx

echo "# what cannot be learned is not learned, and the gate says so"
exits 1 train d.onnx posts.yaml --seeds 6 --epochs 40 --shuffle --evaluate posts.yaml --evaluate-seeds 4 --gate 0.5
says err 'the gate is 0\.5'

echo "# the network that comes with the program"
exits 0 "$B" run clutter --seed 3 --policy learned --log learned.mcap
exits 0 "$B" check learned.mcap
exits 0 "$B" run wet-floor --seed 3 --policy learned
says out 'learned: success'

echo "# labels of pictures"
cat >hall.yaml <<'END'
name: hall
bounds: [-3, -3, 3, 3]
start: [-1, 0, 0]
goal: [1, 0]
zones:
  - {name: paint, rectangle: [-2, 1, 2, 2.5], keep_out: true, painted: true}
solids:
  - {name: wall, kind: box, size: [0.1, 6, 2], at: [2.9, 0]}
  - {name: chest, kind: box, size: [0.6, 0.6, 0.6], at: [{uniform: [-2, 2]}, -2], material: plastic}
END
label() { "$B" train "$@" --labels --seeds 12 --pictures 6 --epochs 8 --held-out 0.3; }
exits 0 label see.onnx hall.yaml --gate 0.3 --plot see.svg --jobs 2
says out '^72 pictures of 12 worlds; .*mean IoU 0\.[3-9]'
says out '^  keepout   IoU'
cp see.onnx first.onnx
exits 0 label see.onnx hall.yaml --jobs 1
check "the same bytes, however many processes" cmp -s see.onnx first.onnx
exits 0 label other.onnx hall.yaml --seed 2
check "another seed, another network" sh -c '! cmp -s see.onnx other.onnx'
says see.json "\"sha256\":\"$(sha256sum see.onnx | cut -c1-64)\""
says see.json '"source":"hall.yaml","sha256":"[0-9a-f]{64}"'
check "the record is JSON" python3 -c 'import json; assert json.load(open("see.json"))["pictures"] == 72'
says see.svg '<svg'
exits 1 label none.onnx hall.yaml --shuffle --gate 0.3
says err 'the gate is a mean IoU of 0\.3'
exits 0 "$B" run hall.yaml --set camera.labels=see.onnx --log see.mcap
rm see.onnx
exits 0 "$B" check see.mcap
exits 0 "$B" log info see.mcap
says out '/binnacle/labels_seen'
exits 3 "$B" run hall.yaml --set camera.labels=see.onnx
says err 'camera\.labels .*see\.onnx'
exits 2 "$B" run hall.yaml --set camera.labels=c.onnx
says err 'takes "rgb"'
exits 2 label e.onnx a.mcap
says err 'is a log'
exits 2 label e.onnx hall.yaml --rounds 2
says err 'nobody drives'

echo "# refusals"
exits 2 train a.txt posts.yaml
says err 'NAME\.onnx'
exits 3 train e.onnx nowhere.yaml
says err 'nowhere\.yaml'
exits 2 "$B" train e.onnx posts.yaml --expert dva
says err 'dwa'
exits 2 "$B" train e.onnx posts.yaml --rows lidr=3
says err "did you mean 'lidar'"
exits 2 train e.onnx posts.yaml --gate 0.5
says err '--evaluate'
exits 2 train e.onnx a.mcap --rounds 2
says err 'logs alone'
exits 2 train e.onnx 'worlds.txt#9-3'
says err 'FIRST-LAST'
exits 2 train e.onnx posts.yaml --set dwa.nothing=3
says err 'nothing'
exits 3 train nowhere/e.onnx posts.yaml --epochs 1
says err 'nowhere'
check "nothing is left of a refusal" test ! -e e.onnx
done_testing
