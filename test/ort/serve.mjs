// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime for many models in one process: starting Node for each would cost more than running it.
//   node serve.mjs
// stdin, again and again: a line of JSON {model, input, dims}: bytes of the model, bytes of its float32 input, the input's
// shape; then those bytes. stdout: a line of JSON {outputs: [{name, dims, bytes}]} or {error}; then every output as float32.
// Optimisation is disabled: above that ONNX Runtime may change what a quantised original means.
import ort from 'onnxruntime-node';

const options = { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential',
                  logSeverityLevel: 4 };

let pending = Buffer.alloc(0);
const chunks = process.stdin[Symbol.asyncIterator]();

async function more() {
  const { value, done } = await chunks.next();
  if (done) process.exit(0);
  pending = Buffer.concat([pending, value]);
}
async function line() {
  for (;;) {
    const end = pending.indexOf(10);
    if (end >= 0) {
      const text = pending.toString('utf8', 0, end);
      pending = pending.subarray(end + 1);
      return text;
    }
    await more();
  }
}
async function bytes(count) {
  while (pending.length < count) await more();
  const out = Buffer.from(pending.subarray(0, count));
  pending = pending.subarray(count);
  return out;
}

async function compute(model, input, dims) {
  const session = await ort.InferenceSession.create(model, options);
  try {
    const values = new Float32Array(input.buffer.slice(input.byteOffset, input.byteOffset + input.length));
    const type = session.inputMetadata[0].type;  // whole numbers travel as float32 too
    const typed = { uint8: Uint8Array, int8: Int8Array }[type]?.from(values) ?? values;
    const results = await session.run({ [session.inputNames[0]]: new ort.Tensor(type, typed, dims) });
    return session.outputNames.map((name) => {
      const data = results[name].data;
      const floats = data instanceof Float32Array ? data : Float32Array.from(data, Number);
      return { name, dims: results[name].dims, data: Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength) };
    });
  } finally {
    await session.release();
  }
}

for (;;) {
  const request = JSON.parse(await line());
  const model = await bytes(request.model);
  const input = await bytes(request.input);
  let outputs = [];
  let answer;
  try {
    outputs = await compute(model, input, request.dims);
    answer = { outputs: outputs.map(({ name, dims, data }) => ({ name, dims, bytes: data.length })) };
  } catch (error) {
    outputs = [];
    answer = { error: String(error.message) };
  }
  process.stdout.write(Buffer.concat([Buffer.from(`${JSON.stringify(answer)}\n`), ...outputs.map(({ data }) => data)]));
}
