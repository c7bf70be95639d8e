// SPDX-License-Identifier: Apache-2.0
// The rows of a timeline and where they lie, in CSS pixels.
import { type Lane, lastAtMost, type Phase } from '../data';
import type { Window } from '../window';
import type { Slice } from './words';

export interface Row {
  name: string;
  kind: 'path' | 'lane' | 'bursts';
  lane?: Lane;
  y: number;
  height: number;
}

export interface Layout {
  rows: Row[];
  left: number; // of the time axis; names are left of it, or above the rows where it is 0
  width: number;
  height: number;
  axis: number; // height of the axis at the top
}

export function layOut(phase: Phase, width: number): Layout {
  const narrow = width < 560;
  const left = narrow ? 0 : 104,
    above = narrow ? 14 : 0,
    gap = narrow ? 5 : 8,
    axis = 22;
  let y = axis + 4;
  const rows: Row[] = [];
  const add = (name: string, kind: Row['kind'], height: number, lane?: Lane) => {
    y += above;
    rows.push({ name, kind, lane, y, height });
    y += height + gap;
  };
  if (phase.path.record.length > 0) add('critical path', 'path', 16);
  for (const lane of phase.lanes) {
    if (lane.activity.length > 0) add(lane.unit, 'lane', 26, lane);
  }
  if (phase.bursts.count > 0) add('DRAM', 'bursts', 18);
  return { rows, left, width, height: y + 2, axis };
}

export class Scale {
  readonly perCycle: number;
  constructor(
    private readonly window: Window,
    private readonly layout: Layout,
  ) {
    this.perCycle = (layout.width - layout.left) / (window.to - window.from);
  }
  x(cycle: number): number {
    return this.layout.left + (cycle - this.window.from) * this.perCycle;
  }
  cycle(x: number): number {
    return this.window.from + (x - this.layout.left) / this.perCycle;
  }
}

export function rowAt(layout: Layout, y: number): Row | null {
  return layout.rows.find((row) => y >= row.y - 3 && y < row.y + row.height + 3) ?? null;
}

// The slice of a row at a cycle, or one that lies within `near` cycles of it.
export function sliceAt(phase: Phase, row: Row, cycle: number, near: number): Slice | null {
  if (row.kind === 'lane' && row.lane) {
    const index = lastAtMost(row.lane.from, cycle);
    return index >= 0 && cycle < row.lane.to[index] ? { kind: 'interval', lane: row.lane, index } : null;
  }
  if (row.kind === 'path') {
    const index = lastAtMost(phase.path.from, cycle);
    return index >= 0 && cycle < phase.path.to[index] ? { kind: 'path', index } : null;
  }
  const { request, last } = phase.bursts;
  for (
    let index = lastAtMost(request, cycle + near);
    index >= 0 && index > lastAtMost(request, cycle + near) - 32;
    --index
  ) {
    if (cycle < last[index] + 1 + near) return { kind: 'burst', index };
  }
  return null;
}
