// SPDX-License-Identifier: Apache-2.0
// What is said of a slice: when, why then, and what it waited for.
import { grouped } from '../format';
import { imageOf, instructionOf, type Lane, type Phase, purposeOf, type Run, unitOf } from '../data';
import { activities, activityWords, BUSY, IDLE } from '../palette';

// A slice of a lane, or a burst.
export type Slice =
  { kind: 'interval'; lane: Lane; index: number } | { kind: 'burst'; index: number } | { kind: 'path'; index: number };

const ports = ['fetch', 'store', 'load'];

export function nameOf(run: Run, phase: Phase, record: number): string {
  const image = phase.imagesShown > 1 ? ` of image ${imageOf(phase, record)}` : '';
  return `${unitOf(run, phase, record)} #${instructionOf(phase, record)}${image} (${purposeOf(run, phase, record)})`;
}

export function releaseOf(run: Run, phase: Phase, record: number): string {
  const by = phase.releasedBy[record];
  const at = grouped(phase.start[record]);
  if (by < 0) return `Started in ${at}: as soon as it was dispatched; nothing held it since the doorbell.`;
  const who = nameOf(run, phase, by);
  switch (phase.release[record]) {
    case 0:
      return `Started in ${at}, as soon as it was dispatched: the queue was full until ${who} started.`;
    case 1:
      return `Started in ${at}, when ${who} left the front.`;
    case 2:
      return `Started in ${at}, when the data of ${who} became visible.`;
    case 3:
      return `Started in ${at}, when ${who} had freed the buffer.`;
    default:
      return `Started in ${at}, behind a fence: when ${who} had ended.`;
  }
}

function stamps(phase: Phase, record: number): string {
  const start = phase.start[record],
    front = phase.frontFree[record],
    end = phase.end_[record];
  return (
    `start ${grouped(start)}, front free ${grouped(front)} (${grouped(front - start)} cycles), ` +
    `last write ${grouped(end)}`
  );
}

export function rangeOf(phase: Phase, slice: Slice): [number, number] {
  if (slice.kind === 'burst') return [phase.bursts.request[slice.index], phase.bursts.last[slice.index] + 1];
  if (slice.kind === 'path') return [phase.path.from[slice.index], phase.path.to[slice.index]];
  return [slice.lane.from[slice.index], slice.lane.to[slice.index]];
}

// The record that the slice is of; -1: none.
export function recordOf(phase: Phase, slice: Slice): number {
  if (slice.kind === 'burst') return phase.bursts.record[slice.index];
  if (slice.kind === 'path') return phase.path.record[slice.index];
  return slice.lane.record[slice.index];
}

// The record that it waits or waited for; -1: none.
export function causeOf(phase: Phase, slice: Slice): number {
  if (slice.kind === 'interval' && slice.lane.activity[slice.index] !== BUSY) return slice.lane.waitedFor[slice.index];
  const record = recordOf(phase, slice);
  return record < 0 || slice.kind === 'burst' ? -1 : phase.releasedBy[record];
}

function burstLines(run: Run, phase: Phase, index: number): string[] {
  const b = phase.bursts;
  const whose = b.record[index] < 0 ? 'instruction fetch' : nameOf(run, phase, b.record[index]);
  return [
    `${ports[b.port[index]]} burst of ${b.bytes[index]} bytes: ${whose}`,
    `request ${grouped(b.request[index])}, grant ${grouped(b.grant[index])}, ` +
      `data ${grouped(b.first[index])} to ${grouped(b.last[index])}`,
    `${b.rowHit[index] ? 'row hit' : 'row miss'}${b.bank[index] < 0 ? '' : `, bank ${b.bank[index]}`}`,
  ];
}

function waitLines(run: Run, phase: Phase, lane: Lane, index: number): string[] {
  const activity = activities[lane.activity[index]];
  const [from, to] = [lane.from[index], lane.to[index]];
  const cycles = `${grouped(to - from)} cycles, ${grouped(from)} to ${grouped(to)}`;
  if (lane.activity[index] === IDLE) return [`${lane.unit} idle, ${cycles}`];
  const lines = [`${lane.unit} ${activityWords[activity]}: ${cycles}`];
  if (lane.record[index] >= 0) lines.push(`so ${nameOf(run, phase, lane.record[index])} could not start`);
  if (lane.waitedFor[index] >= 0) lines.push(`what it waited for: ${nameOf(run, phase, lane.waitedFor[index])}`);
  return lines;
}

export function linesOf(run: Run, phase: Phase, slice: Slice): string[] {
  if (slice.kind === 'burst') return burstLines(run, phase, slice.index);
  if (slice.kind === 'interval' && slice.lane.activity[slice.index] !== BUSY)
    return waitLines(run, phase, slice.lane, slice.index);
  const record = recordOf(phase, slice);
  if (record < 0) return ['dispatch'];
  const lines = [nameOf(run, phase, record), stamps(phase, record), releaseOf(run, phase, record)];
  if (slice.kind === 'path') {
    const unit = run.unitNames[phase.path.unit[slice.index]] ?? 'dispatch';
    const [from, to] = rangeOf(phase, slice);
    lines.unshift(`critical path: ${grouped(to - from)} cycles in ${unit}`);
  } else if (phase.critical[record]) lines.push('On the critical path.');
  return lines;
}

// What released it, what released that, and so on.
export function chainOf(phase: Phase, record: number, most: number): number[] {
  const out: number[] = [];
  for (let at = phase.releasedBy[record]; at >= 0 && out.length < most; at = phase.releasedBy[at]) out.push(at);
  return out;
}
