// SPDX-License-Identifier: Apache-2.0
// Every speed figure beside its reference: rounds of short measurements in turn, so that noise of the host hits both, then
// medians over rounds and medians of the rounds' ratios. Prints one table and writes one JSON. Times inside a process are
// its processor time, ours and ONNX Runtime's alike (one thread), where a row does not say wall; commands are wall time.
//   node bench.mjs --blendsim BIN --bench BIN --work DIR --json FILE [--rounds 5] [--rtl BIN] [--cnv MODEL]
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

import { writeInStandardOperators } from './standard_operators.mjs';

const args = Object.fromEntries(process.argv.slice(2).reduce((pairs, word, i, all) =>
  i % 2 === 0 ? [...pairs, [word.replace(/^--/, ''), all[i + 1]]] : pairs, []));
for (const key of ['blendsim', 'bench', 'work', 'json']) {
  if (!args[key]) {
    console.error(`--${key} is missing; scripts/bench.sh calls this`);
    process.exit(2);
  }
}
const rounds = Number(args.rounds ?? 5);
const file = (name) => path.join(args.work, name);
const loads = [];
const noteLoad = () => loads.push(os.loadavg()[0]);

function median(values) {
  const sorted = values.filter((v) => v !== undefined && Number.isFinite(v)).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : undefined;
}

function call(command, ...words) {
  const result = spawnSync(command, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${[command, ...words].join(' ')}: ${result.stderr || result.error}`);
  return result.stdout;
}

// --- subjects ---------------------------------------------------------------------------------------------------------
// A network by the zoo's name and flags, compiled; what --work holds already is taken as it is.
function network(name, flags, platform, sets = []) {
  const onnx = file(`${name}.onnx`);
  const program = file(`${name}.program`);
  if (fs.existsSync(program)) return { name, onnx, program };
  call(args.blendsim, 'zoo', ...flags, '-o', onnx);
  call(args.blendsim, 'compile', onnx, '--platform', platform, ...sets.flatMap((s) => ['--set', s]), '-o', program);
  return { name, onnx, program };
}

console.error('compiling the networks');
const neuroblend20 = network('neuroblend20', ['neuroblend20'], 'zu3eg');
const others = [network('mlp_w2a2', ['mlp_w2a2'], 'zu3eg'), network('convnet_mixed', ['convnet_mixed'], 'zu3eg')];
const timed = [neuroblend20];
if (args.cnv) {
  // ONNX Runtime lacks its quantisers (onnx.brevitas); written in standard operators it is the same network (checked below).
  const program = file('cnv_w1a1.program');
  const onnx = file('cnv_w1a1_standard.onnx');
  call(args.blendsim, 'compile', args.cnv, '--platform', 'zu3eg', '-o', program);
  writeInStandardOperators(args.cnv, onnx);
  timed.push({ name: 'cnv_w1a1', onnx, program });
}
const curve = (args.curve ?? '16x3,32x3,64x3,128x3,16x6,16x9,64x6,64x9,96x6').split(',').map((point) => {
  const [width, blocks] = point.split('x');
  return { width: Number(width), blocks: Number(blocks),
           ...network(`width${width}_blocks${blocks}`,
                      ['neuroblend20', '--width', width, '--blocks', blocks], 'vu9p') };
});

// --- one round of each -------------------------------------------------------------------------------------------------
const rows = new Map();  // name -> {unit, values by round, counters}
function record(name, unit, value, counters = {}) {
  const row = rows.get(name) ?? { unit, values: [], counters };
  row.values.push(value);
  rows.set(name, row);
}

function benchmarkRound(filter, files, seconds) {
  const text = call(args.bench, `--benchmark_filter=${filter}`, `--benchmark_min_time=${seconds}`,
                    '--benchmark_format=json', ...files);
  for (const b of JSON.parse(text).benchmarks) {
    const counters = Object.fromEntries(Object.entries(b).filter(([key, value]) =>
      typeof value === 'number' && !/^(family|per_family|repetition|iterations|threads|real_time|cpu_time)/.test(key)));
    record(b.name, 'us', b.cpu_time, counters);
    if (!b.name.startsWith('kernel/')) record(`${b.name}/wall`, 'us', b.real_time);
  }
}

const ARRAYS = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array, int32: Int32Array, int64: BigInt64Array };
async function openSessions() {
  let ort;
  try {
    ort = createRequire(path.resolve('test', 'package.json'))('onnxruntime-node');
  } catch {
    console.error('ONNX Runtime is not installed (scripts/bench.sh installs it by npm): no comparison');
    return [];
  }
  return Promise.all(timed.map(async ({ name, onnx }) => {
    const session = await ort.InferenceSession.create(onnx, {
      graphOptimizationLevel: 'all', intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential',
      logSeverityLevel: 3 });
    const feeds = Object.fromEntries(session.inputMetadata.map((input) => {
      const shape = input.shape.map((extent) => (typeof extent === 'number' ? extent : 1));
      return [input.name, new ort.Tensor(input.type, new ARRAYS[input.type](shape.reduce((a, b) => a * b, 1)), shape)];
    }));
    for (let i = 0; i < 10; ++i) await session.run(feeds);  // warm
    return { name, session, feeds };
  }));
}

// The rewritten network against the scores of twenty images that the models come with.
async function checkScores(opened, models) {
  if (!opened) return;
  const { readNpy } = await import('../ort/tensors.mjs');
  const images = readNpy(path.join(models, 'cifar10_test_first20_u8.npy'));
  const scores = readNpy(path.join(models, 'cnv_w1a1_first20_scores.npy'));
  const [name, feed] = Object.entries(opened.feeds)[0];
  const values = feed.size, classes = scores.shape[1];
  for (let n = 0; n < images.shape[0]; ++n) {
    const image = Float32Array.from(images.values.slice(n * values, (n + 1) * values), (v) => v / 255);
    const outputs = await opened.session.run({ [name]: new feed.constructor('float32', image, feed.dims) });
    const got = Array.from(Object.values(outputs)[0].data, Math.round);
    const want = scores.values.slice(n * classes, (n + 1) * classes);
    if (String(got) !== String(want)) throw new Error(`CNV in standard operators: image ${n} scores ${got}, not ${want}`);
  }
}

async function onnxRuntimeRound({ name, session, feeds }) {
  const runs = 30;
  const before = process.cpuUsage();
  const begin = process.hrtime.bigint();
  for (let i = 0; i < runs; ++i) await session.run(feeds);
  const wall = Number(process.hrtime.bigint() - begin) / 1e3 / runs;
  const used = process.cpuUsage(before);
  record(`onnxruntime/${name}`, 'us', (used.user + used.system) / runs);
  record(`onnxruntime/${name}/wall`, 'us', wall);
}

// A whole process from start to finish.
function commandRound(name, ...words) {
  const begin = process.hrtime.bigint();
  const result = spawnSync(args.blendsim, words, { stdio: 'ignore' });
  if (result.status !== 0) throw new Error(`${words.join(' ')}: status ${result.status}`);
  record(`command/${name}`, 'ms', Number(process.hrtime.bigint() - begin) / 1e6);
}

function peakMegabytes(program) {
  const json = file('peak.json');
  call(args.blendsim, 'run', program, '--json', json);
  const host = JSON.parse(fs.readFileSync(json, 'utf8')).host;
  return host.peak_rss_bytes / 1e6;
}

// "N cycles in S s: R cycles/s"; verilating comes first and is not in it.
function rtlRound(program, name) {
  const found = /(\d+) cycles in ([\d.]+) s/.exec(call(args.rtl, program, '--time'));
  record(`rtl/${name}`, 'us', Number(found[2]) * 1e6, { cycles: Number(found[1]) });
}

// Images back to back in one run: time and memory of each are the same however many there are.
const batches = [];
function batchOf(subject, images, shape, values = false) {
  const npy = file('batch.npy');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${[images, ...shape].join(', ')}), }`;
  const header = text.padEnd(128 - 10 - 1) + '\n';
  fs.writeFileSync(npy, Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([header.length, 0]), Buffer.from(header)]));
  const image = Buffer.alloc(4 * shape.reduce((a, b) => a * b));
  for (let i = 0; i < images; ++i) fs.appendFileSync(npy, image);
  const json = file('batch.json');
  call(args.blendsim, 'run', subject.program, ...(values ? [] : ['--timing-only']), '--input', npy, '--json', json);
  const { host, cycles } = JSON.parse(fs.readFileSync(json, 'utf8'));
  fs.rmSync(npy);
  batches.push({ name: subject.name, values, images, cycles, simulation_s: host.simulation_s, wall_s: host.wall_s, peak_mb: host.peak_rss_bytes / 1e6 });
}

const sessions = await openSessions();
if (args.cnv) await checkScores(sessions.find((s) => s.name === 'cnv_w1a1'), path.dirname(args.cnv));
if (args.rtl) {  // once without counting: it may verilate first
  rtlRound(neuroblend20.program, 'neuroblend20');
  rows.delete('rtl/neuroblend20');
}
for (let round = 0; round < rounds; ++round) {
  console.error(`round ${round + 1} of ${rounds}, load ${os.loadavg()[0].toFixed(2)}`);
  noteLoad();
  for (const { name, program } of timed) {
    benchmarkRound(`^machine/${name}/`, [program], 0.1);
    if (name === 'neuroblend20') benchmarkRound(`^trace/${name}/`, [program], 0.1);
    const session = sessions.find((s) => s.name === name);
    if (session) await onnxRuntimeRound(session);
  }
  benchmarkRound('^retarget/.*/compile', [neuroblend20.onnx], 0.2);
  for (let i = 0; i < 5; ++i) commandRound('run neuroblend20', 'run', neuroblend20.program);
  for (let i = 0; i < 5; ++i) commandRound('run neuroblend20 --timing-only', 'run', neuroblend20.program, '--timing-only');
  if (args.rtl) rtlRound(neuroblend20.program, 'neuroblend20');
  benchmarkRound('^machine/', curve.map((point) => point.program), 0.03);
  benchmarkRound('^kernel/', [...timed, ...others].map((subject) => subject.program), 0.01);
}
for (const images of [1, 10, 100, 1000, 1500, 10000]) {
  console.error(`a batch of ${images}`);
  batchOf(neuroblend20, images, [3, 32, 32]);
  batchOf(neuroblend20, images, [3, 32, 32], true);
  batchOf(others[0], images, [1, 16, 16]);
}
noteLoad();

// --- the table -----------------------------------------------------------------------------------------------------------
const table = [['figure', 'median', 'reference', 'median', 'ratio', 'wanted']];
const results = [];
const digits = (value) => (value === undefined ? '-' : value.toPrecision(4));
const show = (value, unit) => (value === undefined ? '-' : `${digits(value)} ${unit}`);

// `better`: 'most' or 'least' - of the ratio figure / reference that is wanted.
function compare(name, unit, values, reference, referenceValues, wanted, check) {
  const ratio = referenceValues && median(values.map((v, i) => v / referenceValues[i]));
  const met = wanted && (ratio !== undefined || !referenceValues) ? (check(ratio ?? median(values)) ? 'met' : 'MISSED') : '';
  table.push([name, show(median(values), unit), reference, referenceValues ? show(median(referenceValues), unit) : '',
              ratio === undefined ? '' : digits(ratio), wanted ? `${wanted} ${met}` : '']);
  results.push({ name, unit, median: median(values), values, reference, reference_median: referenceValues && median(referenceValues),
                 ratio, wanted, met: met === '' ? undefined : met === 'met' });
}

const valuesOf = (name) => rows.get(name)?.values;
const constant = (value) => Array(rounds).fill(value);
for (const { name } of timed) {
  const run = rows.get(`machine/${name}/values`);
  const timing = rows.get(`machine/${name}/timing_only`);
  const ort = valuesOf(`onnxruntime/${name}`);
  const hardware = run.counters.hardware_ms * 1e3;
  const reference = 'ONNX Runtime, original network, 1 thread';
  compare(`${name}: run, values on, wall`, 'us', valuesOf(`machine/${name}/values/wall`), reference, valuesOf(`onnxruntime/${name}/wall`), ort && '<= 1', (r) => r <= 1);
  compare(`${name}: run, values on`, 'us', run.values, reference, ort, ort && '<= 1', (r) => r <= 1);
  compare(`${name}: run, values on`, 'us', run.values, 'the simulated hardware', constant(hardware));
  compare(`${name}: run, timing only`, 'us', timing.values, 'the simulated hardware', constant(hardware));
  if (name === 'neuroblend20') {
    compare('neuroblend20: run, values on', 'us', run.values, "the paper's FPGA", constant(380), '<= 1 (goal)', (r) => r <= 1);
    compare('neuroblend20: timing-only runs', '/s', timing.values.map((us) => 1e6 / us), '', undefined, '>= 5000', (v) => v >= 5000);
  }
}
compare('neuroblend20: re-target and timing-only run', '/s',
        valuesOf('retarget/neuroblend20/compile_and_run').map((us) => 1e6 / us), '', undefined, '>= 1000', (v) => v >= 1000);
compare('neuroblend20: the same with power', 'us', valuesOf('retarget/neuroblend20/compile_run_and_power'), 'without power',
        valuesOf('retarget/neuroblend20/compile_and_run'), '<= 1.1', (r) => r <= 1.1);
const rtl = rows.get('rtl/neuroblend20');
if (rtl) {
  const run = rows.get('machine/neuroblend20/values');
  compare('neuroblend20: simulated cycles a second, values on', '/s',
          run.values.map((us) => run.counters.cycles / us * 1e6), 'the Verilated machine',
          rtl.values.map((us) => rtl.counters.cycles / us * 1e6), '>= 100', (r) => r >= 100);
} else {
  table.push(['neuroblend20: simulated cycles a second', '-', 'the Verilated machine', 'not built', '', '>= 100']);
  results.push({ name: 'neuroblend20: simulated cycles a second', reference: 'the Verilated machine', note: 'not built' });
}
// Opening, writing and closing; a listener that writes nothing has init simulated too, as a trace does.
for (const format of ['pftrace', 'fst', 'vcd', 'sqlite', 'npy']) {
  const written = rows.get(`trace/neuroblend20/${format}`), heard = valuesOf('trace/neuroblend20/none');
  const wanted = format === 'pftrace' ? ['< 3000', (v) => v < 3000] : [];
  compare(`neuroblend20: trace .${format}, ${(written.counters.bytes / 1e3).toFixed(0)} kB, beyond the run`, 'us',
          written.values.map((us, i) => us - heard[i]), '', undefined, ...wanted);
}
compare('neuroblend20: command `run PROGRAM`', 'ms', valuesOf('command/run neuroblend20'), '', undefined, '< 60', (v) => v < 60);
compare('neuroblend20: command `run --timing-only`', 'ms', valuesOf('command/run neuroblend20 --timing-only'), '', undefined);
compare('neuroblend20: peak memory of `run`', 'MB', [peakMegabytes(neuroblend20.program)], '', undefined, '< 100', (v) => v < 100);

const kernels = [['kernel, target', 'us', 'rate']];
for (const [name, row] of rows) {
  if (!name.startsWith('kernel/')) continue;
  const [rate, value] = Object.entries(row.counters).find(([key]) => key.endsWith('_per_second'));
  kernels.push([name.slice('kernel/'.length), digits(median(row.values)),
                `${(value / 1e9).toPrecision(3)} G${rate.replace('_per_second', '/s')}`]);
}

const lines = [['network on vu9p', 'G MAC', 'instructions', 'bursts', 'timing us', 'ns each', 'values us', 'us/M MAC', 'hardware us']];
const points = curve.map((point) => {
  const timing = rows.get(`machine/${point.name}/timing_only`);
  const run = rows.get(`machine/${point.name}/values`);
  const events = timing.counters.instructions + timing.counters.bursts;
  const result = { width: point.width, blocks: point.blocks, macs: timing.counters.macs, events,
                   instructions: timing.counters.instructions, bursts: timing.counters.bursts,
                   timing_us: median(timing.values), values_us: median(run.values), hardware_us: timing.counters.hardware_ms * 1e3 };
  lines.push([`width ${point.width}, ${point.blocks} blocks`, (result.macs / 1e9).toFixed(3), result.instructions, result.bursts,
              digits(result.timing_us), digits(result.timing_us * 1e3 / events), digits(result.values_us),
              digits(result.values_us / (result.macs / 1e6)), digits(result.hardware_us)]);
  return result;
});
// Least squares of relative differences: time = instruction_ns * instructions + burst_ns * bursts.
const sum = (term) => points.reduce((total, p) => total + term(p) / p.timing_us ** 2, 0);
const ii = sum((p) => p.instructions ** 2), ib = sum((p) => p.instructions * p.bursts), bb = sum((p) => p.bursts ** 2);
const it = sum((p) => p.instructions * p.timing_us), bt = sum((p) => p.bursts * p.timing_us);
const instructionUs = (it * bb - bt * ib) / (ii * bb - ib * ib), burstUs = (bt * ii - it * ib) / (ii * bb - ib * ib);
const residual = Math.max(...points.map((p) => Math.abs(instructionUs * p.instructions + burstUs * p.bursts - p.timing_us) / p.timing_us));

function print(list) {
  const widths = list[0].map((_, c) => Math.max(...list.map((row) => String(row[c]).length)));
  for (const row of list) console.log(row.map((cell, c) => (c === 0 ? String(cell).padEnd(widths[c]) : String(cell).padStart(widths[c]))).join('  '));
  console.log('');
}
console.log(`${os.cpus()[0].model}, ${os.cpus().length} processors; load ${loads.map((l) => l.toFixed(1)).join(' ')}; medians of ${rounds} rounds\n`);
print(table);
print(lines);
console.log(`timing = ${digits(instructionUs * 1e3)} ns x instructions + ${digits(burstUs * 1e3)} ns x bursts; ` +
            `largest residual ${(residual * 100).toFixed(0)} %\n`);
print([['batch', 'values', 'images', 'simulation s', 'us an image', 'peak MB', 'KB an image'],
       ...batches.map((b) => [b.name, b.values ? 'on' : '-', b.images, digits(b.simulation_s), digits(b.simulation_s / b.images * 1e6), digits(b.peak_mb),
                              digits(b.peak_mb / b.images * 1e3)])]);
print(kernels);
if (Math.max(...loads) > os.cpus().length / 2) {
  console.log('The host was busy with other work: absolute figures are pessimistic, ratios are what to read.');
}
fs.writeFileSync(args.json, JSON.stringify({
  schema: 'blendsim.bench/1', host: os.cpus()[0].model, processors: os.cpus().length, load: loads, rounds, results, curve: points, batches,
  fit: { instruction_ns: instructionUs * 1e3, burst_ns: burstUs * 1e3, largest_residual: residual },
  raw: Object.fromEntries([...rows].map(([name, row]) => [name, { ...row, median: median(row.values) }])) }, null, 1));
console.log(`every repetition is in ${args.json}`);
