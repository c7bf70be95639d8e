// SPDX-License-Identifier: Apache-2.0
// Curves as values of equal steps of time, worked out from the timeline for whatever window is looked at.
import { lastAtMost, type Phase, type Run } from './data';

export interface Bins {
  from: number; // cycle
  width: number; // cycles a step
  count: number;
}

// Adds `amount`, spread evenly over [from, to), to the steps that it meets.
export function spread(into: Float64Array, bins: Bins, from: number, to: number, amount: number): void {
  const rate = amount / (to - from);
  const first = Math.max(0, Math.floor((from - bins.from) / bins.width));
  const last = Math.min(bins.count - 1, Math.floor((to - bins.from) / bins.width));
  for (let i = first; i <= last; ++i) {
    const low = Math.max(from, bins.from + i * bins.width),
      high = Math.min(to, bins.from + (i + 1) * bins.width);
    if (high > low) into[i] += rate * (high - low);
  }
}

const empty = (bins: Bins) => new Float64Array(bins.count);
const endOf = (bins: Bins) => bins.from + bins.width * bins.count;

// Per cent of the capacity, the most in each step.
export function occupancy(run: Run, phase: Phase, buffers: string[], bins: Bins): Float64Array[] {
  return buffers.map((name) => {
    const { at, value } = phase.occupancy[name];
    const capacity = run.report.memory.buffers[name].capacity_bits;
    const out = empty(bins);
    let i = lastAtMost(at, bins.from);
    for (let bin = 0; bin < bins.count; ++bin) {
      let most = i >= 0 ? value[i] : 0;
      for (const end = bins.from + (bin + 1) * bins.width; i + 1 < at.length && at[i + 1] < end; ++i)
        most = Math.max(most, value[i + 1]);
      out[bin] = (100 * most) / capacity;
    }
    return out;
  });
}

function forEachBurst(phase: Phase, bins: Bins, act: (index: number) => void): void {
  const { request, last, count } = phase.bursts;
  for (let i = 0; i < count && request[i] < endOf(bins); ++i) {
    if (last[i] >= bins.from) act(i);
  }
}

// Bytes a second: written, read, instructions fetched.
export function bandwidth(run: Run, phase: Phase, bins: Bins): Float64Array[] {
  const [written, read, fetched] = [empty(bins), empty(bins), empty(bins)];
  const byPort = [fetched, written, read];
  const { port, first, last, bytes } = phase.bursts;
  forEachBurst(phase, bins, (i) => spread(byPort[port[i]], bins, first[i], last[i] + 1, bytes[i]));
  const toRate = run.report.platform.clock_hz / bins.width;
  return [written, read, fetched].map((line) => line.map((value) => value * toRate));
}

function unitEnergy(run: Run, phase: Phase, bins: Bins): { units: Float64Array[]; dispatch: Float64Array } {
  const units = run.unitNames.map(() => empty(bins)),
    dispatch = empty(bins);
  const end = endOf(bins);
  for (let record = 0; record < phase.count; ++record) {
    const instruction = record % phase.perImage;
    const [from, to] = [phase.start[record], Math.max(phase.frontFree[record], phase.start[record] + 1)];
    if (to > bins.from && from < end) spread(units[phase.unit[instruction]], bins, from, to, phase.energy[instruction]);
    const entered = phase.visible[record] - 1;
    if (entered >= bins.from && entered < end)
      spread(dispatch, bins, entered, entered + 1, phase.dispatchEnergy[instruction]);
  }
  return { units, dispatch };
}

// Watts, in the order in which the plot stacks them.
export function power(run: Run, phase: Phase, bins: Bins): Float64Array[] {
  const energy = run.report.timeline!.energy_fj;
  const { units, dispatch } = unitEnergy(run, phase, bins);
  const dram = empty(bins);
  const { port, first, last, bytes, rowHit } = phase.bursts;
  forEachBurst(phase, bins, (i) => {
    const byte = port[i] === 1 ? energy.dram_write_byte : energy.dram_read_byte;
    spread(dram, bins, first[i], last[i] + 1, bytes[i] * byte + (rowHit[i] ? 0 : energy.dram_activate));
  });
  const watt = (1e-15 * run.report.platform.clock_hz) / bins.width;
  const dynamic = (line: Float64Array) => line.map((value) => value * watt);
  const of = (unit: string) => dynamic(units[run.unitNames.indexOf(unit)]);
  const { static_w, rails } = run.report.power;
  return [
    empty(bins).fill(static_w),
    empty(bins).fill(rails.clock),
    dynamic(dram),
    dynamic(dispatch),
    ...['load', 'store', 'transpose_unit', 'pool_unit', 'post_unit', 'mac_array', 'xnor_array'].map(of),
  ];
}
