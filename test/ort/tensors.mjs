// SPDX-License-Identifier: Apache-2.0
// Shared by compare.mjs and original.mjs: .npy files, names of tensor files, sessions, the command line.
import fs from 'node:fs';
import path from 'node:path';
import ort from 'onnxruntime-node';

export const EXIT = { done: 0, badInput: 1, badUsage: 2, differs: 4 };

export class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// --key value pairs; every key must be listed with its default (undefined: required).
export function parseArguments(argv, defaults) {
  const values = { ...defaults };
  for (let i = 0; i < argv.length; i += 2) {
    const key = argv[i].replace(/^--/, '');
    if (!argv[i].startsWith('--') || !(key in defaults)) {
      throw new Failure(EXIT.badUsage, `unknown argument '${argv[i]}'`);
    }
    if (i + 1 >= argv.length) throw new Failure(EXIT.badUsage, `--${key} needs a value`);
    values[key] = argv[i + 1];
  }
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) throw new Failure(EXIT.badUsage, `--${key} is missing`);
  }
  return values;
}

// The same rule as tensor_file_name in src/network/tensor_file_name.h.
export function tensorFileName(tensor) {
  let file = '';
  for (const byte of Buffer.from(tensor, 'utf8')) {
    const c = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9_-]/.test(c) || (c === '.' && file !== '');
    file += plain ? c : '%' + byte.toString(16).toUpperCase().padStart(2, '0');
  }
  return file + '.npy';
}

const DTYPES = {
  '<i8': BigInt64Array, '<i4': Int32Array, '<i2': Int16Array, '|i1': Int8Array, '|u1': Uint8Array, '<u2': Uint16Array,
  '<f4': Float32Array, '<f8': Float64Array,
};

// {shape, values}: values as numbers, in C order.
export function readNpy(file) {
  if (!fs.existsSync(file)) throw new Failure(EXIT.badInput, `${file}: no such file`);
  const bytes = fs.readFileSync(file);
  if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== '\x93NUMPY') {
    throw new Failure(EXIT.badInput, `${file}: not a .npy file`);
  }
  const wide = bytes[6] > 1;
  const start = wide ? 12 : 10;
  const length = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', start, start + length);
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter((d) => d.trim()).map(Number);
  const array = DTYPES[type];
  if (!array || /'fortran_order':\s*True/.test(header)) {
    throw new Failure(EXIT.badInput, `${file}: element type ${type} in this order is not read here`);
  }
  const count = shape.reduce((a, b) => a * b, 1);
  const data = bytes.subarray(start + length);
  if (data.length !== count * array.BYTES_PER_ELEMENT) throw new Failure(EXIT.badInput, `${file}: truncated`);
  const aligned = data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
  return { shape, values: Array.from(new array(aligned), Number) };
}

const TYPED = { float32: Float32Array, int32: Int32Array, int8: Int8Array, uint8: Uint8Array };

export async function openSession(model, level, threads) {
  if (!fs.existsSync(model)) throw new Failure(EXIT.badInput, `${model}: no such file`);
  return ort.InferenceSession.create(model, {
    graphOptimizationLevel: level, intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential',
    logSeverityLevel: 3,
  });
}

// Runs the session on its single input; returns name -> tensor.
export async function runOn(session, input) {
  const name = session.inputNames[0];
  const meta = session.inputMetadata.find((entry) => entry.name === name);
  const count = meta.shape.reduce((a, b) => a * b, 1);
  if (session.inputNames.length !== 1) throw new Failure(EXIT.badInput, 'the model has more than one input');
  if (count !== input.values.length) {
    throw new Failure(EXIT.badInput,
                      `input '${name}' holds ${input.values.length} values, the model wants [${meta.shape}]`);
  }
  const array = TYPED[meta.type];
  if (!array) throw new Failure(EXIT.badInput, `input '${name}' is ${meta.type}`);
  return session.run({ [name]: new ort.Tensor(meta.type, array.from(input.values), meta.shape) });
}

// {differing, first}: positions at which want and got are further apart than tolerance * max(1, |want|).
export function difference(want, got, tolerance = 0) {
  let differing = 0;
  let first = -1;
  for (let i = 0; i < want.length; ++i) {
    if (!(Math.abs(want[i] - Number(got[i])) <= tolerance * Math.max(1, Math.abs(want[i])))) {
      if (first < 0) first = i;
      ++differing;
    }
  }
  return { differing, first };
}

export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  for (const row of rows) {
    const cells = row.map(String);
    console.log(cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  '));
  }
}

export async function main(body) {
  try {
    process.exitCode = await body(process.argv.slice(2));
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = error instanceof Failure ? error.status : EXIT.badInput;
  }
}

export { path };
