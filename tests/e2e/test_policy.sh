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
done_testing
