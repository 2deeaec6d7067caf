#!/bin/sh
# A PyTorch module, exported by PyTorch, drives; and when its file changes under a running simulator the new one takes over.
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$B")/../.." && pwd)
python=$(for p in python3 /usr/bin/python3; do "$p" -c 'import torch' 2>/dev/null && echo "$p" && break; done)
[ -n "$python" ] || { echo "skipped: python3-torch is not installed"; exit 77; }
export_net() { "$python" "$1" "$2" >export.log 2>&1 || { not_ok "cannot export $2"; sed 's/^/#  /' export.log; }; }
export_net "$top/tests/example/policy_torch.py" mine.onnx
exits 0 "$B" policy info mine.onnx
says out 'written by pytorch'
exits 0 "$B" run clutter --seed 3 --policy mine.onnx --shield on --log a.mcap
says out 'mine\.onnx#[0-9a-f]{8}: success'
rm mine.onnx
exits 0 "$B" check a.mcap
says out 'bit-exact'

echo "# swapped when the file changes"
export_net "$top/tests/example/policy_torch.py" mine.onnx
sed 's/clamp(0.8 \* slow/clamp(0.5 * slow/' "$top/tests/example/policy_torch.py" >slower.py
export_net slower.py new.onnx
"$B" sim clutter --seed 3 --policy mine.onnx --shield on --bind "ipc://$S/bus" --log live.mcap --once >sim.out 2>sim.err & pid=$!
check "it runs" until_true 20 test -s live.mcap
until_true 20 sh -c "'$B' log cat live.mcap --topic /binnacle/decision 2>/dev/null | head -n 20 | wc -l | grep -q 20"
cp new.onnx mine.onnx
until_true 60 sh -c "'$B' log cat live.mcap --topic /binnacle/decision 2>/dev/null | grep -o 'mine.onnx#[0-9a-f]*' | sort -u | wc -l | grep -q 2"
kill $pid; wait $pid
"$B" log cat live.mcap --topic /binnacle/decision 2>/dev/null | grep -o 'mine.onnx#[0-9a-f]*' | uniq >drivers
check "two versions drove, one after the other" test "$(wc -l <drivers)" = 2
rm mine.onnx
exits 0 "$B" check live.mcap
says out 'bit-exact'
done_testing
