// SPDX-License-Identifier: Apache-2.0
// The reports that the page shows, and their timelines as arrays that can be searched (docs/page.md says how the JSON's
// columns are written).

export interface Layer {
  name: string;
  op: string;
  unit: string;
  start: number;
  end: number;
  cycles: number;
  critical_cycles: number;
  busy_cycles: number;
  macs: number;
  utilization: number | null;
  bound_by: string;
  energy_j: number;
  energy_range_j: [number, number];
  dram_bytes: number;
  buffer_bits: number;
}
export interface Unit {
  [account: string]: number | null;
}
export interface Amounts {
  dsp: number;
  lut: number;
  ff: number;
  bram36: number;
  uram: number;
}
export interface Report {
  digest: string;
  network: { name: string; digest: string; macs: number; binary_macs: number };
  platform: {
    name: string;
    device: string;
    clock_hz: number;
    overrides: string[];
    parameters: Record<string, string>;
    peak_macs_per_cycle: Record<string, number>;
    digest: string;
  };
  clock: {
    requested_hz: number;
    fmax_hz: number;
    estimated_fmax_hz: [number, number];
    limited_by: string;
    above_estimate: boolean;
  };
  program: { digest: string; instructions: number; resident: boolean };
  input: { source: string; seed: number | null; images: number; digest: string };
  run?: { timing_only: boolean; stall_seed: number | null; flips: string[] }; // none: an earlier version's report
  cycles: number;
  latency_s: number;
  interval_cycles: number | null;
  inferences_per_s: number | null;
  init_cycles: number;
  compute_cycles: number;
  host_overhead_s: number;
  layers: Layer[];
  units: Record<string, Unit>;
  memory: {
    dram_read_bytes: number;
    dram_write_bytes: number;
    dram_peak_bytes_per_s: number;
    buffer_peak_bits_per_s: number;
    dram_achieved_bytes_per_s: number | null;
    row_hit_rate: number | null;
    buffers: Record<string, { capacity_bits: number; peak_bits: number }>;
  };
  resources: Amounts & {
    available: Amounts;
    limit: Amounts;
    range: { lut: [number, number]; ff: [number, number] };
    by_unit: Record<string, Amounts>;
    fits: boolean;
    over: string[];
  };
  power: {
    total_w: number;
    total_w_range: [number, number];
    static_w: number;
    dynamic_w: number;
    energy_per_inference_j: number;
    dynamic_energy_j: number;
    unattributed_j: number;
    by_unit: Record<string, number | null>;
    by_unit_range: Record<string, [number, number] | null>;
    rails: Record<string, number>;
    rails_range: Record<string, [number, number]>;
    rate_per_s: number;
    too_hot: boolean;
    fits: boolean;
    band_from: { constant: string; group: string; down_w: number; up_w: number }[];
    junction_celsius: number;
    peak?: { total_w: number; dynamic_w: number; from_cycle: number; to_cycle: number; window_cycles: number };
  };
  efficiency: { gops: number; gops_per_w: number | null; gops_per_w_all: number | null; peak_gops: number };
  assumptions: { key: string; value: string; range: string; why: string }[];
  notes: string[];
  cpu_operators: string[];
  versions: Record<string, string>;
  timeline?: { main: RawPhase; init: RawPhase | null; energy_fj: Record<string, number>; clock_fj: Record<string, number> };
}

type Columns = Record<string, number[]>;
interface RawPhase {
  end: number;
  images: number;
  images_shown: number;
  doorbells: number[];
  completions: number[];
  instructions: { text: string[]; layer: number[]; unit: number[]; energy_fj: number[]; dispatch_fj: number[] };
  records: Columns;
  intervals: Record<string, Columns>;
  bursts: Columns;
  critical?: Columns;
  occupancy?: Record<string, Columns>;
}

// Stretches of a unit's time, one after the other.
export interface Lane {
  unit: string;
  activity: Uint8Array;
  from: Float64Array;
  to: Float64Array;
  record: Int32Array;
  waitedFor: Int32Array; // -1: none
}
export interface Bursts {
  count: number;
  record: Int32Array;
  port: Uint8Array;
  bytes: Float64Array;
  request: Float64Array;
  grant: Float64Array;
  first: Float64Array;
  last: Float64Array;
  rowHit: Uint8Array;
  bank: Int32Array;
}
export interface Step {
  at: Float64Array;
  value: Float64Array;
}
export interface Phase {
  name: 'main' | 'init';
  end: number;
  images: number;
  imagesShown: number;
  doorbells: number[];
  completions: number[];
  perImage: number; // instructions; record i is of instruction i % perImage
  text: string[];
  layer: number[];
  unit: number[];
  energy: number[];
  dispatchEnergy: number[];
  count: number; // records
  start: Float64Array;
  visible: Float64Array;
  frontFree: Float64Array;
  end_: Float64Array;
  release: Uint8Array;
  releasedBy: Int32Array;
  critical: Uint8Array; // by record
  lanes: Lane[];
  bursts: Bursts;
  path: { record: Int32Array; unit: Uint8Array; from: Float64Array; to: Float64Array };
  occupancy: Record<string, Step>;
}
export interface Run {
  label: string; // 'A', 'B'; empty where there is one run
  own: string; // what it has otherwise than the other run
  report: Report;
  phases: Phase[]; // main, init; empty without a timeline
  unitNames: string[];
}

// Running sums.
function summed(deltas: number[]): Float64Array {
  let sum = 0;
  return Float64Array.from(deltas, (delta) => (sum += delta));
}
function plus(base: Float64Array, offsets: number[], sign = 1): Float64Array {
  return base.map((value, i) => value + sign * offsets[i]);
}

function readLane(unit: string, raw: Columns): Lane {
  const to = summed(raw.cycles);
  const record = Int32Array.from(summed(raw.record));
  return {
    unit,
    to,
    record,
    activity: Uint8Array.from(raw.activity),
    from: to.map((value, i) => value - raw.cycles[i]),
    waitedFor: record.map((value, i) => (raw.waited_for[i] === 0 ? -1 : value - raw.waited_for[i])),
  };
}

function readBursts(raw: Columns): Bursts {
  const request = summed(raw.request);
  return {
    count: request.length,
    request,
    record: Int32Array.from(summed(raw.record)),
    port: Uint8Array.from(raw.port),
    bytes: Float64Array.from(raw.bytes),
    grant: plus(request, raw.grant),
    first: plus(request, raw.first),
    last: plus(request, raw.last_beat),
    rowHit: Uint8Array.from(raw.row_hit),
    bank: Int32Array.from(raw.bank),
  };
}

function readPath(raw: Columns | undefined): Phase['path'] {
  if (!raw)
    return { record: new Int32Array(), unit: new Uint8Array(), from: new Float64Array(), to: new Float64Array() };
  const to = summed(raw.cycles);
  return {
    record: Int32Array.from(summed(raw.record)),
    unit: Uint8Array.from(raw.unit),
    to,
    from: to.map((value, i) => value - raw.cycles[i]),
  };
}

function readPhase(name: Phase['name'], raw: RawPhase): Phase {
  const start = summed(raw.records.start);
  const path = readPath(raw.critical);
  const critical = new Uint8Array(start.length);
  path.record.forEach((record, i) => {
    if (record >= 0 && record < critical.length && path.to[i] > path.from[i]) critical[record] = 1;
  });
  const occupancy: Record<string, Step> = {};
  for (const [buffer, steps] of Object.entries(raw.occupancy ?? {})) {
    occupancy[buffer] = { at: summed(steps.at), value: summed(steps.bits) };
  }
  return {
    name,
    end: raw.end,
    images: raw.images,
    imagesShown: raw.images_shown,
    doorbells: raw.doorbells,
    completions: raw.completions,
    perImage: raw.instructions.text.length,
    text: raw.instructions.text,
    layer: raw.instructions.layer,
    unit: raw.instructions.unit,
    energy: raw.instructions.energy_fj,
    dispatchEnergy: raw.instructions.dispatch_fj,
    count: start.length,
    start,
    visible: plus(start, raw.records.visible, -1),
    frontFree: plus(start, raw.records.front_free),
    end_: plus(start, raw.records.end),
    release: Uint8Array.from(raw.records.release),
    releasedBy: Int32Array.from(raw.records.released_by, (distance, i) => (distance === 0 ? -1 : i - distance)),
    critical,
    path,
    occupancy,
    lanes: Object.entries(raw.intervals).map(([unit, columns]) => readLane(unit, columns)),
    bursts: readBursts(raw.bursts),
  };
}

export function readRun(label: string, report: Report, own: string): Run {
  const phases: Phase[] = [];
  if (report.timeline) {
    phases.push(readPhase('main', report.timeline.main));
    if (report.timeline.init) phases.push(readPhase('init', report.timeline.init));
  }
  return { label, own, report, phases, unitNames: Object.keys(report.units) };
}

// Of a record.
export const instructionOf = (phase: Phase, record: number): number => record % phase.perImage;
export const imageOf = (phase: Phase, record: number): number => Math.floor(record / phase.perImage);
export const unitOf = (run: Run, phase: Phase, record: number): string =>
  run.unitNames[phase.unit[instructionOf(phase, record)]];
// What the instruction works for: its layer; of init, which is of none, the buffer that it fills. A field of 0 is left
// out of the text.
export function purposeOf(run: Run, phase: Phase, record: number): string {
  const instruction = instructionOf(phase, record);
  if (phase.name === 'main') {
    // The program's rows: those of the report once for each image that it computes side by side.
    const rows = run.report.layers.length;
    const row = phase.layer[instruction];
    const name = run.report.layers[row % rows]?.name ?? '?';
    return row < rows ? name : `${name}@${Math.floor(row / rows)}`;
  }
  const buffer = /\bbuffer=(\d+)/.exec(phase.text[instruction])?.[1] ?? 0;
  return Object.keys(run.report.memory.buffers)[Number(buffer)] ?? '?';
}

// The last index whose value is at most `wanted`; -1: none.
export function lastAtMost(sorted: Float64Array, wanted: number): number {
  let low = 0,
    high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// What the page's data element holds: base64 of a deflated JSON array, of reports or of one study.
export async function readHeld(encoded: string): Promise<unknown[]> {
  const bytes = Uint8Array.from(atob(encoded.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return JSON.parse(await new Response(stream).text()) as unknown[];
}
