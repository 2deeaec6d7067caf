#!/bin/sh
# The verbs on a log that another program wrote with a schema nobody here has seen. Skipped where npm cannot be had.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/e2e/lib.sh"
scratch=$S
. "$root/tests/logs/npm.sh"
JUDGE_MODULES=$modules node "$root/tests/e2e/foreign.mjs" f.mcap >expected || { echo "the foreign writer failed"; exit 1; }

exits 0 "$B" log cat f.mcap --topic /crane
cat >same.py <<'END'
import json
rows = [json.loads(line) for line in open("out")]
want = [json.loads(line) for line in open("expected")]
assert [r["sequence"] for r in rows] == list(range(50)), len(rows)
assert all(r["message"] == w for r, w in zip(rows, want)), [(r["message"], w) for r, w in zip(rows, want) if r["message"] != w][0]
END
check "every message decodes to what was written" python3 same.py
[ $bad = 0 ] && echo "figure: 50 messages of an unknown schema, written by @mcap/core, decoded to the same values"
exits 0 "$B" log cat f.mcap
says err '/wide cannot be decoded: .*wstring'
says err "/json cannot be decoded: .*'jsonschema'"
says err '/bare cannot be decoded: it has no schema'
check "why is said once a topic" test "$(wc -l <err)" = 3
check "what cannot be decoded comes as it is" python3 -c '
import base64, json
rows = [json.loads(line) for line in open("out")]
assert [base64.b64decode(r["base64"]) for r in rows if r["topic"] == "/bare"] == [bytes([i, 255, 254]) for i in range(3)]
assert [json.loads(base64.b64decode(r["base64"]))["i"] for r in rows if r["topic"] == "/json"] == list(range(50))'
exits 0 "$B" log cat f.mcap --where 'hook.load > 1040 && joints.count == 3 && joints[2].name != "j47"'
check "an expression over it" python3 -c '
import json
assert [json.loads(line)["sequence"] for line in open("out")] == [43]'
exits 0 "$B" log cat f.mcap --from 1 --to 1.25 --topic /crane
check "times count from the log's start" test "$(wc -l <out)" = 3
exits 2 "$B" log cat f.mcap --where 'hook.lod > 1'; says err "hook.lod"
exits 2 "$B" log cat f.mcap --topic /cran;          says err "did you mean '/crane'"

# What is copied stays what it was, byte for byte, definitions without messages included.
cat >dump.py <<'END'
import json, subprocess, sys
b, path = sys.argv[1:]
info = json.loads(subprocess.check_output([b, "log", "info", "--json", path]))
cat = subprocess.run([b, "log", "cat", "--items", "0", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
keep = {k: info[k] for k in ("profile", "messages", "start_s", "end_s", "metadata", "attachments", "topics")}
print(json.dumps(keep, sort_keys=True), sorted(cat.splitlines()))
END
python3 dump.py "$B" f.mcap >whole
for how in zstd lz4 none; do
    exits 0 "$B" log convert f.mcap $how.mcap --compression $how
    python3 dump.py "$B" $how.mcap >dump
    check "convert to $how keeps everything" cmp whole dump
done
exits 0 "$B" log merge none.mcap zstd.mcap m.mcap
exits 0 "$B" log info m.mcap --json
check "merge joins equal channels" python3 -c '
import json
i = json.load(open("out"))
assert i["messages"] == 212 and len(i["topics"]) == 5 and i["topics"]["/crane"]["messages"] == 100, i'
exits 0 "$B" log filter f.mcap cut.mcap --from 2.05 --to 3 --topic /crane --topic /json
exits 0 "$B" log cat cut.mcap
check "filter keeps the latched topic's state" python3 -c '
import json
rows = [json.loads(line) for line in open("out")]
assert [r["sequence"] for r in rows if r["topic"] == "/crane"] == list(range(20, 31))
assert [r["sequence"] for r in rows if r["topic"] == "/json"] == list(range(21, 31))'
exits 0 "$B" log diff f.mcap lz4.mcap
exits 1 "$B" log diff f.mcap cut.mcap; says err '/crane'
exits 0 "$B" log annotate f.mcap --note 'slack rope' --from 1 --tag rope
exits 0 "$B" log info f.mcap; says out 'note  text slack rope, tag rope, from_ns 1700000001000000000'
exits 0 "$B" log export f.mcap ex --series /crane:hook.load; says out '1 tables, 0 frames'
check "the table has the values" python3 -c '
import csv, json
rows = list(csv.DictReader(open("ex/crane.csv")))
want = [json.loads(line) for line in open("expected")]
for r, w in zip(rows, want):
    assert r["operator"] == w["operator"] and int(r["hook.load"]) == w["hook"]["load"] and json.loads(r["words"]) == w["words"]
    assert float(r["pose.position.x"]) == w["pose"]["position"]["x"] and int(r["hook.serial[1]"]) == 2 ** 63'
check "the series is plotted" test -s ex/crane_hook_load.svg -a -s ex/crane_hook_load.png
cat >judge.mjs <<'END'
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
const require = createRequire(path.resolve(process.env.JUDGE_MODULES, "package.json"));
const { McapIndexedReader } = require("@mcap/core");
for (const file of process.argv.slice(2)) {
  const bytes = new Uint8Array(readFileSync(file));
  const reader = await McapIndexedReader.Initialize({ readable: {
    size: async () => BigInt(bytes.byteLength), read: async (o, n) => bytes.slice(Number(o), Number(o + n)) } });
  let messages = 0, extras = "";
  for await (const message of reader.readMessages()) messages += message.data.byteLength > 0 ? 1 : 0;
  for await (const attachment of reader.readAttachments()) extras += attachment.name + attachment.createTime;
  for await (const metadata of reader.readMetadata()) extras += metadata.name;
  console.log(messages, extras);
}
END
JUDGE_MODULES=$modules node judge.mjs f.mcap none.mcap >verdict 2>&1
check "the foreign reader opens what was annotated and converted" test "$(cat verdict)" = "106 manual.txt3sitenote
106 manual.txt3site"
done_testing
