// SPDX-License-Identifier: Apache-2.0
// Median time of one inference in ONNX Runtime, one thread, session already made.
//   node time.mjs MODEL.onnx [REPEATS]
import ort from 'onnxruntime-node';
import path from 'node:path';

const [model, repeats = '7'] = process.argv.slice(2);
if (!model) {
  console.error('usage: node time.mjs MODEL.onnx [REPEATS]');
  process.exit(2);
}
const ARRAYS = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array, int32: Int32Array, int64: BigInt64Array };
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
const feeds = {};
for (const input of session.inputMetadata) {
  feeds[input.name] = new ort.Tensor(input.type, new ARRAYS[input.type](input.shape.reduce((a, b) => a * b, 1)), input.shape);
}
await session.run(feeds);
const times = [];
for (let i = 0; i < Number(repeats); ++i) {
  const begin = process.hrtime.bigint();
  await session.run(feeds);
  times.push(Number(process.hrtime.bigint() - begin) / 1e6);
}
times.sort((a, b) => a - b);
const label = `ONNX Runtime, one inference of ${path.basename(model)}`;
console.log(`${label.padEnd(52)} ${times[Math.floor((times.length - 1) / 2)].toFixed(1).padStart(10)} ms`);
