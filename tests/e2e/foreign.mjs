// foreign.mjs OUT.mcap: a log as another program writes it (@mcap/core, @foxglove/rosmsg2-serialization): types Binnacle has never
// seen, a channel in JSON, one without a schema, one with wstring. What `log cat` must print of the first goes to stdout.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.resolve(process.env.JUDGE_MODULES, "package.json"));
const { McapWriter } = require("@mcap/core");
const { parse } = require("@foxglove/rosmsg");
const { MessageWriter } = require("@foxglove/rosmsg2-serialization");

const schema = `# A crane nobody here has heard of
uint8 IDLE=0
uint8 LIFTING=1
string<=40 operator "nobody"
Joint[<=6] joints
Hook hook
float32[3] wind
int64[] ticks
bool[] lamps
string[] words
builtin_interfaces/Time stamp
geometry_msgs/Pose pose
================================================================================
MSG: crane_msgs/Joint
string name
float64 angle 0.5
int8 state
================================================================================
MSG: crane_msgs/Hook
uint16 load
Joint joint
uint64[2] serial
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
================================================================================
MSG: geometry_msgs/Pose
Point position
Quaternion orientation
================================================================================
MSG: geometry_msgs/Point
float64 x
float64 y
float64 z
================================================================================
MSG: geometry_msgs/Quaternion
float64 x 0
float64 y 0
float64 z 0
float64 w 1
`;

const parts = [];
let size = 0;
const writer = new McapWriter({
  writable: {
    position: () => BigInt(size),
    write: async (bytes) => {
      parts.push(bytes.slice());
      size += bytes.byteLength;
    },
  },
  chunkSize: 2000,
});
const encode = (text) => new TextEncoder().encode(text);
const channel = async (topic, messageEncoding, schemaId, durability) =>
  writer.registerChannel({ topic, messageEncoding, schemaId,
    metadata: new Map(durability ? [["offered_qos_profiles", `- durability: ${durability}\n`]] : []) });

await writer.start({ profile: "ros2", library: "a stranger" });
const crane = await writer.registerSchema({ name: "crane_msgs/msg/Crane", encoding: "ros2msg", data: encode(schema) });
const wide = await writer.registerSchema({ name: "a/msg/Wide", encoding: "ros2msg", data: encode("wstring text") });
const json = await writer.registerSchema({ name: "thing", encoding: "jsonschema", data: encode("{}") });
const ids = {
  crane: await channel("/crane", "cdr", crane, "transient_local"),
  wide: await channel("/wide", "cdr", wide),
  json: await channel("/json", "json", json),
  bare: await channel("/bare", "custom", 0),
  empty: await channel("/empty", "cdr", crane),
};
await writer.addAttachment({ name: "manual.txt", mediaType: "text/plain", logTime: 5n, createTime: 3n, data: encode("lift") });
await writer.addMetadata({ name: "site", metadata: new Map([["town", "Bremen"]]) });

const messageWriter = new MessageWriter(parse(schema, { ros2: true }));
const start = 1700000000n * 1000000000n;
for (let i = 0; i < 50; i++) {
  const joint = { name: `j${i}`, angle: i / 8, state: -i };
  const message = {
    operator: i % 2 ? "Ada" : "Bob", joints: Array.from({ length: i % 4 }, () => joint),
    hook: { load: 1000 + i, joint, serial: [BigInt(i), 2n ** 63n] }, wind: [0.5, -i, 0.25],
    ticks: [BigInt(-i), 2n ** 60n], lamps: [true, false, i % 2 === 1], words: ["", "two words", `"${i}"`],
    stamp: { sec: i, nanosec: 5 },
    pose: { position: { x: i / 4, y: 1e300, z: -0.125 }, orientation: { x: 0, y: 0, z: 0, w: 1 } },
  };
  const logTime = start + BigInt(i) * 100000000n;
  const add = (channelId, data) => writer.addMessage({ channelId, sequence: i, logTime, publishTime: logTime, data });
  await add(ids.crane, messageWriter.writeMessage(message));
  await add(ids.json, encode(`{"i":${i}}`));
  if (i < 3) {
    await add(ids.wide, new Uint8Array([0, 1, 0, 0, 1, 0, 0, 0, 65, 0]));
    await add(ids.bare, new Uint8Array([i, 255, 254]));
  }
  const text = JSON.stringify(message, (key, value) => (typeof value === "bigint" ? `bigint ${value}` : value));
  console.log(text.replace(/"bigint (-?[0-9]+)"/g, "$1"));
}
await writer.end();
writeFileSync(process.argv[2], Buffer.concat(parts));
