#!/bin/sh
# What binnacle says about a network, and what it says about what is none.
models=$(cd "$(dirname "$0")/../fuzz/corpus/fuzz_onnx" && pwd)
. "$(dirname "$0")/lib.sh"
exits 0 "$B" policy info "$models/mlp"
says out 'IR version 8, operator set 13, written by binnacle'
says out "SHA-256 $(sha256sum "$models/mlp" | cut -c1-64)"
says out '^    x +float32 +1 x 6'
says out 'Gemm 3, Relu 2, Tanh 1 \(6 nodes, 6 left to run\)'
says out 'parameters +77 '
says out 'multiply-adds +65$'
says out 'STM32F746 +f32 .* yes'
exits 0 "$B" policy info "$models/mlp" --dim batch=4; says out '^    x +float32 +4 x 6'
exits 0 "$B" policy info "$models/mlp" --rate 1 --flash 0.1; says out 'yours +f32 .* no: flash'
exits 0 "$B" policy info "$models/cnn" --measure; says out 'measured here'
exits 0 "$B" policy info "$models/gru" --json --int8
python3 - out <<'PYTHON'
import json, sys
info = json.load(open(sys.argv[1]))
assert info["operators"] == {"GRU": 1}, info
assert [i["name"] for i in info["inputs"]] == ["x", "h"], info
assert len(info["sha256"]) == 64 and info["devices"], info
PYTHON
check "the JSON holds" test $? = 0
exits 2 "$B" policy inf "$models/mlp";                says err "unknown verb 'inf'"
exits 2 "$B" policy info;                             says err 'missing argument'
exits 2 "$B" policy info "$models/mlp" --dim batch=0; says err 'NAME=SIZE'
exits 3 "$B" policy info missing.onnx;                says err 'missing.onnx'
head -c 100 "$models/mlp" >cut.onnx
exits 3 "$B" policy info cut.onnx;                    says err 'cut.onnx: this is not an ONNX file, or it is damaged'
sed 's/Tanh/Tank/' "$models/mlp" >unknown.onnx
exits 2 "$B" policy info unknown.onnx
says err "node '' \(Tank, number 6\): this operator is not supported; did you mean 'Tanh'\?; supported are: Abs "
check "one sentence" test "$(wc -l <err)" = 1

echo "# what a command hung on"
exits 1 "$B" run wet-floor --seed 2 --policy learned --set time_limit_s=4 --set saliency.of=driver --log net.mcap --without depth
exits 0 "$B" policy why net.mcap --at 3 --top 3 --png why.png
says out '^wet-floor seed 2, tick 60 \(3\.00 s\): learned wants v \+[0-9.]+ m/s'
says out '^  0\.[0-9]{4} +\+[0-9.]+ +[+-][0-9.]+ +(limits|lidar .*)$'
check "a picture" sh -c 'head -c 8 why.png | od -An -tx1 | grep -q "89 50 4e 47"'
cp out first; "$B" policy why net.mcap --at 60t --top 3 >second
check "the moment as ticks" cmp first second
"$B" policy why net.mcap --at 60t --json >asked.json
"$B" log cat net.mcap --topic /binnacle/saliency | sed -n 60p >logged.json
python3 - asked.json logged.json <<'PYTHON'
import json, sys
asked, logged = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))["message"]
assert asked == logged and len(asked["groups"]) == 61, (asked, logged)
assert all(g["saliency"] == 0 for g in asked["groups"] if g["input"] == "depth"), "the depth camera is not there"
PYTHON
check "asked later, the same as recorded then; no depth, nothing to hang on" test $? = 0
exits 1 "$B" run wet-floor --seed 2 --set time_limit_s=4 --log dwa.mcap
exits 2 "$B" policy why dwa.mcap --at 3;          says err 'tick 60 it is dwa that drives, and that is no network'
exits 0 "$B" policy why dwa.mcap --at 3 --policy learned
exits 2 "$B" policy why dwa.mcap --at 3 --policy mppi; says err 'it is mppi that watches'
exits 2 "$B" policy why dwa.mcap --at 0;          says err 'the first moment is tick 1'
exits 2 "$B" policy why dwa.mcap --at 99;         says err 'tick 1980 is not among them'
exits 2 "$B" policy why dwa.mcap;                 says err 'which moment'
exits 2 "$B" policy why dwa.mcap --at 3 --policy learned --set dwa.sim_s=1; says err 'would change the drive'
exits 2 "$B" policy why dwa.mcap --at 3 --policy learned --set saliency.sectors=99; says err 'saliency.sectors'
exits 3 "$B" policy why missing.mcap --at 3;      says err 'missing.mcap'
done_testing
