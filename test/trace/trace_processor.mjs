// SPDX-License-Identifier: Apache-2.0
// Asks Perfetto's own trace processor (WASM, as scripts/trace_processor.sh fetches it) about a trace.
//   node trace_processor.mjs FOLDER TRACE.pftrace SQL...
// Prints a JSON array with, for each query, the array of its rows. Exit: 0 done, 1 something is missing or refused.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

const chunkBytes = 32 << 20;

// The glue is written for a web worker: it is told that it is in one, given the module's bytes, and asked to leave its
// bridge where it can be found.
function startBridge(folder) {
  globalThis.self = globalThis;
  globalThis.WorkerGlobalScope = class {};
  Object.defineProperty(globalThis, 'location', { value: { href: `${pathToFileURL(folder).href}/` }, configurable: true });
  globalThis.traceProcessorModule = new Uint8Array(readFileSync(path.join(folder, 'trace_processor.wasm')));
  let glue = readFileSync(path.join(folder, 'engine_bundle.node.js'), 'utf8');
  for (const [from, to] of [
    ['this.useMemory64 = hasMemory64Support();', 'this.useMemory64 = false;'],
    ['locateFile: (s) => s,', 'locateFile: (s) => s, wasmBinary: globalThis.traceProcessorModule,'],
    ['const wasmBridge = new wasm_bridge_1.WasmBridge();',
     'const wasmBridge = new wasm_bridge_1.WasmBridge(); globalThis.traceProcessorBridge = wasmBridge;'],
  ]) {
    if (!glue.includes(from)) throw new Error(`the trace processor is another version: no ${from}`);
    glue = glue.replace(from, to);
  }
  vm.runInThisContext(glue, { filename: 'engine_bundle.node.js' });
  return globalThis.traceProcessorBridge;
}

async function openTrace(folder, file) {
  const { EngineBase } = await import(pathToFileURL(path.join(folder, 'engine.mjs')).href);
  const channel = new MessageChannel();
  startBridge(folder).initialize(channel.port1);
  class Engine extends EngineBase {
    mode = 'WASM';
    id = 'test';
    rpcSendRequestBytes(data) { channel.port2.postMessage(data); }
  }
  const engine = new Engine();
  channel.port2.onmessage = (message) => engine.onRpcResponseBytes(message.data);
  const bytes = new Uint8Array(readFileSync(file));
  for (let at = 0; at < bytes.length; at += chunkBytes) await engine.parse(bytes.subarray(at, at + chunkBytes));
  await engine.notifyEof();
  return engine;
}

function rowsOf(result) {
  const columns = result.columns();
  const rows = [];
  for (const it = result.iter({}); it.valid(); it.next()) {
    rows.push(Object.fromEntries(columns.map((column) => {
      const value = it.get(column);
      return [column, typeof value === 'bigint' ? Number(value) : value];
    })));
  }
  return rows;
}

const [folder, file, ...queries] = process.argv.slice(2);
console.warn = () => {};  // of its decoder, about fields that are newer than it
try {
  const engine = await openTrace(folder, file);
  const answers = [];
  for (const query of queries) answers.push(rowsOf(await engine.query(query)));
  process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit(0));
} catch (problem) {
  console.error(problem.message ?? problem);
  process.exit(1);
}
