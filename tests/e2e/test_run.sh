#!/bin/sh
# One episode: the result, the log, the same bytes again, and the proof by re-simulation.
. "$(dirname "$0")/lib.sh"
exits 0 "$B" run office --seed 7 --log a.mcap
says out '^office seed 7 dwa: success'
exits 0 "$B" run office --seed 7 --log b.mcap
check "the same command gives the same bytes" cmp a.mcap b.mcap
exits 0 "$B" run office --seed 8 --log c.mcap
check "another seed gives another log" sh -c '! cmp -s a.mcap c.mcap'
exits 0 "$B" check a.mcap
says out 'bit-exact, [0-9]+ ticks'
exits 0 "$B" run office --seed 7 --json --log a.mcap
check "--json is one object with the promised keys" python3 -c '
import json, hashlib
r = json.load(open("out"))
keys = "scenario seed policy outcome success sim_time_s wall_time_s real_time_factor path_length_m spl min_clearance_m violations log log_sha256".split()
assert all(k in r for k in keys), r
assert r["success"] and r["log_sha256"] == hashlib.sha256(open("a.mcap", "rb").read()).hexdigest()'
for other in none lz4; do
    exits 0 "$B" run corridor --seed 3 --compression $other --log $other.mcap
    exits 0 "$B" check $other.mcap
done
exits 0 "$B" log info a.mcap
says out '/binnacle/decision +binnacle_msgs/msg/Decision'
exits 0 "$B" log cat a.mcap --topic /binnacle/state_hash
check "log cat prints one JSON object a message" python3 -c '
import json
rows = [json.loads(line) for line in open("out")]
assert [r["message"]["tick"] for r in rows] == list(range(1, len(rows) + 1)) and len(rows) > 100'
hash_of() { GLIBC_TUNABLES=$1 "$B" run corridor --seed 3 --json | grep -o '"state_hash":"[^"]*"'; }
check "the processor's fused multiply-add changes nothing" test "$(hash_of '')" = "$(hash_of glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2)"
done_testing
