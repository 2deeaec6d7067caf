// judge.mjs FILE.mcap...: other people's readers on our logs (@mcap/core, @foxglove/rosmsg2-serialization).
// JUDGE_MODULES names the folder whose node_modules holds them. Exit 0: every check passed; 1: a sentence on stderr.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.resolve(process.env.JUDGE_MODULES ?? "build/npm", "package.json"));
const { McapIndexedReader, McapStreamReader } = require("@mcap/core");
const { crc32 } = require("@foxglove/crc");
const { parse } = require("@foxglove/rosmsg");
const { MessageReader } = require("@foxglove/rosmsg2-serialization");
const zstd = require("@foxglove/wasm-zstd");
const lz4 = require("@foxglove/wasm-lz4");

const unlz4 = lz4.default ?? lz4;
const decompressHandlers = {
  lz4: (data, size) => new Uint8Array(unlz4(data, Number(size))),
  zstd: (data, size) => new Uint8Array(zstd.decompress(data, Number(size))),
};
const qosKeys = [
  "history", "depth", "reliability", "durability", "deadline", "lifespan", "liveliness", "liveliness_lease_duration",
  "avoid_ros_namespace_conventions",
];

function must(condition, sentence) {
  if (!condition) {
    throw new Error(sentence);
  }
}

// Front to back, every checksum checked.
function stream(bytes) {
  const reader = new McapStreamReader({ includeChunks: true, validateCrcs: true, decompressHandlers });
  const found = { header: undefined, schemas: new Map(), channels: new Map(), messages: [], chunks: [], types: {} };
  reader.append(bytes);
  for (let record; (record = reader.nextRecord()); ) {
    found.types[record.type] = (found.types[record.type] ?? 0) + 1;
    if (record.type === "Header") found.header = record;
    if (record.type === "Schema") found.schemas.set(record.id, record);
    if (record.type === "Chunk") found.chunks.push(record);
    if (record.type === "Channel") {
      must(found.schemas.has(record.schemaId), `channel ${record.topic} comes before its schema`);
      found.channels.set(record.id, record);
    }
    if (record.type === "Message") {
      must(found.channels.has(record.channelId), "a message comes before its channel");
      found.messages.push(record);
    }
  }
  must(reader.done() && reader.bytesRemaining() === 0, "the stream reader did not reach the closing magic");
  return found;
}

function sameMessage(a, b) {
  return a.channelId === b.channelId && a.sequence === b.sequence && a.logTime === b.logTime &&
    a.publishTime === b.publishTime && Buffer.compare(a.data, b.data) === 0;
}

// Through the index, forwards and backwards: the same messages in order of time.
async function indexed(bytes, streamed) {
  const readable = {
    size: async () => BigInt(bytes.byteLength),
    read: async (offset, length) => bytes.slice(Number(offset), Number(offset + length)),
  };
  const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
  const byTime = streamed.messages.map((message, place) => ({ message, place }));
  byTime.sort((a, b) => Number(a.message.logTime - b.message.logTime) || a.place - b.place);
  for (const reverse of [false, true]) {
    let next = 0;
    for await (const message of reader.readMessages({ validateCrcs: true, reverse })) {
      must(next < byTime.length, "the index leads to more messages than the stream has");
      const expected = byTime[reverse ? byTime.length - 1 - next : next].message;
      must(reverse ? message.logTime === expected.logTime : sameMessage(message, expected),
        `message ${next} by the index differs from the stream's (reverse: ${reverse})`);
      next++;
    }
    must(next === byTime.length, `the index leads to ${next} of ${byTime.length} messages (reverse: ${reverse})`);
  }
  const dataCrc = crc32(bytes.subarray(0, Number(reader.dataEndOffset)));
  must(reader.dataSectionCrc === dataCrc, "the data section's checksum is wrong");
  must(reader.chunkIndexes.length === streamed.chunks.length, "not every chunk has an index");
  must(reader.statistics, "there are no statistics");
  return reader;
}

async function statistics(reader, streamed) {
  const counts = new Map();
  for (const message of streamed.messages) {
    counts.set(message.channelId, (counts.get(message.channelId) ?? 0n) + 1n);
  }
  const s = reader.statistics;
  must(s.messageCount === BigInt(streamed.messages.length), "Statistics.message_count is wrong");
  must(s.channelCount === streamed.channels.size && s.schemaCount === streamed.schemas.size,
    "Statistics counts definitions wrongly");
  must(s.chunkCount === streamed.chunks.length, "Statistics.chunk_count is wrong");
  must(s.attachmentCount === (streamed.types.Attachment ?? 0) && s.metadataCount === (streamed.types.Metadata ?? 0),
    "Statistics counts attachments or metadata wrongly");
  for (const [id, count] of counts) {
    must(s.channelMessageCounts.get(id) === count, `Statistics counts channel ${id} wrongly`);
  }
  const times = streamed.messages.map((message) => message.logTime);
  must(s.messageStartTime === times.reduce((a, b) => (a < b ? a : b)), "Statistics.message_start_time is wrong");
  must(s.messageEndTime === times.reduce((a, b) => (a > b ? a : b)), "Statistics.message_end_time is wrong");
  let extras = 0;
  for await (const attachment of reader.readAttachments({ validateCrcs: true })) extras += attachment.name ? 1 : 0;
  for await (const metadata of reader.readMetadata()) extras += metadata.name ? 1 : 0;
  must(extras === s.attachmentCount + s.metadataCount, "an attachment or metadata record is not in its index");
}

// The ros2 profile: every schema parses, every payload decodes to exactly its last byte.
function decode(streamed) {
  must(streamed.header.profile === "ros2", "the profile is not ros2");
  const readers = new Map();
  const sequences = new Map();
  for (const [id, channel] of streamed.channels) {
    const schema = streamed.schemas.get(channel.schemaId);
    const encodings = `${channel.messageEncoding} with ${schema.encoding}`;
    must(encodings === "cdr with ros2msg", `${channel.topic} is ${encodings}, not cdr with ros2msg`);
    must(/^[a-z0-9_]+\/msg\/[A-Za-z0-9]+$/.test(schema.name), `schema ${schema.name} is not named pkg/msg/Type`);
    const qos = channel.metadata.get("offered_qos_profiles") ?? "";
    for (const key of qosKeys) {
      must(new RegExp(`^(- |  )${key}:`, "m").test(qos), `${channel.topic} lacks ${key} in offered_qos_profiles`);
    }
    const definitions = parse(new TextDecoder("utf-8", { fatal: true }).decode(schema.data), { ros2: true });
    readers.set(id, new MessageReader(definitions));
    sequences.set(id, 0);
  }
  for (const message of streamed.messages) {
    const { topic } = streamed.channels.get(message.channelId);
    const reader = readers.get(message.channelId);
    const sequence = sequences.get(message.channelId);
    must(message.sequence === sequence, `${topic}: sequence ${message.sequence} where ${sequence} was due`);
    sequences.set(message.channelId, sequence + 1);
    try {
      reader.readMessage(message.data);
    } catch (error) {
      throw new Error(`${topic} ${sequence} does not decode: ${error.message}`);
    }
    must(reader.lastReadByteLength() === message.data.byteLength,
      `${topic} ${sequence}: ${reader.lastReadByteLength()} of ${message.data.byteLength} bytes are the message`);
  }
}

async function judge(file) {
  const bytes = new Uint8Array(readFileSync(file));
  const streamed = stream(bytes);
  must(streamed.messages.length > 0, "there is no message to judge");
  const reader = await indexed(bytes, streamed);
  await statistics(reader, streamed);
  decode(streamed);
  const packed = [...new Set(streamed.chunks.map((chunk) => chunk.compression || "none"))].join("+");
  const { messages, channels, chunks } = streamed;
  console.log(`figure: ${path.basename(file)}: ${messages.length} messages on ${channels.size} topics in ` +
    `${chunks.length} chunks (${packed}) decoded to the last byte by @mcap/core`);
}

await zstd.isLoaded;
await unlz4.isLoaded;
for (const file of process.argv.slice(2)) {
  try {
    await judge(file);
  } catch (error) {
    console.error(`judge: ${file}: ${error.message}`);
    process.exitCode = 1;
  }
}
