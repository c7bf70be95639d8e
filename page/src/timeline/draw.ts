// SPDX-License-Identifier: Apache-2.0
// Paints a timeline. Slices narrower than a pixel are added up by what they are, so that a pixel shows its shares and
// a picture costs one pass over what is visible, whatever the number of slices.
import { cut } from '../dom';
import { type Lane, lastAtMost, type Phase, purposeOf, type Run } from '../data';
import { engineering, grouped, niceStep } from '../format';
import { hatchPattern, waits } from '../hatch';
import { BUSY, IDLE, legibleOn, mixed, resolved } from '../palette';
import type { Window } from '../window';
import { type Layout, type Row, Scale } from './rows';
import { causeOf, rangeOf, recordOf, type Slice } from './words';

export interface Marks {
  hovered: Slice | null;
  selected: Slice | null;
}

// A unit's work: on the critical path, and off it with neighbouring layers told apart.
interface Shades {
  full: string;
  pale: [string, string];
}

interface Theme {
  text: string;
  faint: string;
  grid: string;
  accent: string;
  rests: (CanvasPattern | string)[]; // by activity
  units: string[];
  shades: Shades[]; // by unit
  read: string;
  write: string;
  fetch: string;
}

function shadesOf(colour: string): Shades {
  const surface = resolved('--surface');
  return { full: colour, pale: [mixed(colour, surface, 0.5), mixed(colour, surface, 0.34)] };
}

function themeOf(run: Run, context: CanvasRenderingContext2D): Theme {
  const units = run.unitNames.map((unit) => resolved(`--unit-${unit}`));
  const ratio = context.getTransform().a;
  return {
    text: resolved('--text'),
    faint: resolved('--faint'),
    grid: resolved('--grid'),
    accent: resolved('--accent'),
    rests: ['', ...waits.map((wait) => hatchPattern(context, wait, ratio)), ''],
    units: [...units, resolved('--unit-dispatcher')],
    shades: units.map(shadesOf),
    read: resolved('--unit-load'),
    write: resolved('--unit-store'),
    fetch: resolved('--unit-dispatcher'),
  };
}

export class Painter {
  private readonly theme: Theme;
  private readonly scale: Scale;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly run: Run,
    private readonly phase: Phase,
    private readonly layout: Layout,
    private readonly window: Window,
  ) {
    this.theme = themeOf(run, context);
    this.scale = new Scale(window, layout);
  }

  paint(marks: Marks): void {
    const { context: c, layout } = this;
    c.clearRect(0, 0, layout.width, layout.height);
    c.font = '12px system-ui, sans-serif';
    c.textBaseline = 'alphabetic';
    this.axis();
    c.save();
    c.beginPath();
    c.rect(layout.left, 0, layout.width - layout.left, layout.height);
    c.clip();
    for (const row of layout.rows) {
      if (row.kind === 'path') this.path(row);
      else if (row.kind === 'bursts') this.bursts(row);
      else if (row.lane) this.lane(row, row.lane);
    }
    this.images();
    if (marks.selected) this.mark(marks.selected, true);
    if (marks.hovered) this.mark(marks.hovered, false);
    c.restore();
    this.names();
  }

  private axis(): void {
    const { context: c, layout, window: w } = this;
    const step = niceStep(w.to - w.from, (layout.width - layout.left) / 100);
    c.strokeStyle = this.theme.grid;
    c.fillStyle = this.theme.faint;
    c.lineWidth = 1;
    c.textAlign = 'center';
    c.font = '11px system-ui, sans-serif';
    for (let at = Math.ceil(w.from / step) * step; at <= w.to; at += step) {
      const x = Math.round(this.scale.x(at)) + 0.5;
      c.beginPath();
      c.moveTo(x, layout.axis - 4);
      c.lineTo(x, layout.height);
      c.stroke();
      const text = grouped(Math.round(at));
      const half = c.measureText(text).width / 2;
      c.fillText(text, Math.min(Math.max(x, layout.left + half), layout.width - half - 1), 12);
    }
    c.font = '12px system-ui, sans-serif';
    c.textAlign = 'left';
  }

  private names(): void {
    const { context: c, layout } = this;
    c.fillStyle = this.theme.text;
    for (const row of layout.rows) {
      if (layout.left > 0) {
        c.textAlign = 'right';
        c.fillText(row.name, layout.left - 8, row.y + row.height / 2 + 4);
      } else {
        c.textAlign = 'left';
        c.fillText(row.name, 1, row.y - 3);
      }
    }
    c.textAlign = 'left';
  }

  // Visible slices [first, last] of something sorted by `from`.
  private visible(from: Float64Array): [number, number] {
    return [Math.max(0, lastAtMost(from, this.window.from)), lastAtMost(from, this.window.to)];
  }

  private lane(row: Row, lane: Lane): void {
    const { context: c, scale, theme } = this;
    const columns = Math.ceil(this.layout.width) + 1;
    const narrow = Array.from(theme.rests, () => new Float32Array(columns));
    const shades = theme.shades[this.run.unitNames.indexOf(lane.unit)];
    const critical = new Float32Array(columns);
    const [first, last] = this.visible(lane.from);
    for (let i = first; i <= last; ++i) {
      const activity = lane.activity[i];
      if (activity === IDLE) continue;
      const x0 = Math.max(scale.x(lane.from[i]), this.layout.left - 2),
        x1 = Math.min(scale.x(lane.to[i]), this.layout.width + 2);
      if (x1 - x0 >= 1.5) {
        if (activity === BUSY) this.instruction(row, shades, lane.record[i], x0, x1);
        else this.wait(row, activity, x0, x1);
        continue;
      }
      const column = Math.floor((x0 + x1) / 2);
      if (column < 0 || column >= columns) continue;
      narrow[activity][column] += x1 - x0;
      if (activity === BUSY && this.isFull(lane.record[i])) critical[column] += x1 - x0;
    }
    this.narrow(row, shades, narrow, critical);
    c.globalAlpha = 1;
  }

  // Of a phase without a critical path, as init is, all work is drawn alike.
  private isFull(record: number): boolean {
    return this.phase.path.record.length === 0 || this.phase.critical[record] === 1;
  }

  private instruction(row: Row, shades: Shades, record: number, x0: number, x1: number): void {
    const { context: c, phase } = this;
    const colour = this.isFull(record) ? shades.full : shades.pale[phase.layer[record % phase.perImage] % 2];
    c.fillStyle = colour;
    const gap = x1 - x0 > 4 ? 1 : 0;
    c.fillRect(x0, row.y, x1 - x0 - gap, row.height);
    if (x1 - x0 > 44) {
      c.fillStyle = legibleOn(colour);
      c.font = '11px system-ui, sans-serif';
      const from = Math.max(x0, this.layout.left);
      const name = purposeOf(this.run, phase, record);
      const room = Math.min(x1, this.layout.width) - from - 8;
      const short = c.measureText(name).width <= room ? name : (name.split('.').pop() ?? name);
      if (room > 30)
        c.fillText(
          c.measureText(short).width <= room ? short : cut(short, room, 11),
          from + 4,
          row.y + row.height / 2 + 4,
        );
      c.font = '12px system-ui, sans-serif';
    }
  }

  // Waits are low, so that they differ from work by shape as well.
  private wait(row: Row, activity: number, x0: number, x1: number): void {
    this.context.fillStyle = this.theme.rests[activity];
    this.context.fillRect(x0, row.y + row.height * 0.55, x1 - x0, row.height * 0.45);
  }

  private narrow(row: Row, shades: Shades, shares: Float32Array[], critical: Float32Array): void {
    const { context: c } = this;
    for (let x = 0; x < critical.length; ++x) {
      const busy = Math.min(1, shares[BUSY][x]);
      if (busy > 0.02) {
        c.globalAlpha = 0.35 + 0.65 * busy;
        c.fillStyle = critical[x] > shares[BUSY][x] / 2 ? shades.full : shades.pale[0];
        c.fillRect(x, row.y, 1, row.height);
      }
    }
    c.globalAlpha = 1;
    this.narrowWaits(row, shares);
  }

  // Cause by cause, since changing what a canvas fills with costs more than filling.
  private narrowWaits(row: Row, shares: Float32Array[]): void {
    const { context: c, theme } = this;
    const low = new Float32Array(shares[BUSY].length).fill(row.y + row.height);
    for (let activity = 1; activity < IDLE; ++activity) {
      c.fillStyle = theme.rests[activity];
      shares[activity].forEach((share, x) => {
        const height = row.height * 0.45 * Math.min(1, share);
        if (height < 0.5) return;
        low[x] -= height;
        c.fillRect(x, low[x], 1, height);
      });
    }
  }

  private path(row: Row): void {
    const { context: c, scale, phase } = this;
    const [first, last] = this.visible(phase.path.from);
    for (let i = first; i <= last; ++i) {
      const x0 = scale.x(phase.path.from[i]),
        x1 = scale.x(phase.path.to[i]);
      c.fillStyle = this.theme.units[phase.path.unit[i]];
      c.fillRect(x0, row.y, Math.max(0.5, x1 - x0 - (x1 - x0 > 4 ? 1 : 0)), row.height);
    }
  }

  // Thin: requested and waiting; full: its data pass.
  private bursts(row: Row): void {
    const {
      context: c,
      scale,
      theme,
      phase: { bursts: b },
    } = this;
    const [, last] = this.visible(b.request);
    const third = row.height / 3;
    const colours = [theme.fetch, theme.write, theme.read];
    let first = lastAtMost(b.request, this.window.from - 2000);
    for (first = Math.max(0, first); first <= last; ++first) {
      if (b.last[first] < this.window.from) continue;
      const y = row.y + b.port[first] * third;
      c.fillStyle = colours[b.port[first]];
      c.globalAlpha = 0.4;
      c.fillRect(
        scale.x(b.request[first]),
        y + third / 3,
        scale.x(b.first[first]) - scale.x(b.request[first]),
        third / 3,
      );
      c.globalAlpha = 1;
      c.fillRect(
        scale.x(b.first[first]),
        y,
        Math.max(0.7, scale.x(b.last[first] + 1) - scale.x(b.first[first])),
        third - 0.5,
      );
    }
  }

  private images(): void {
    const { context: c, layout, phase } = this;
    if (phase.imagesShown < 2) return;
    c.strokeStyle = this.theme.faint;
    c.setLineDash([4, 3]);
    const visible = phase.completions.filter((at) => at >= this.window.from && at <= this.window.to);
    if (visible.length <= 100) {
      for (const at of visible) {
        const x = Math.round(this.scale.x(at)) + 0.5;
        c.beginPath();
        c.moveTo(x, layout.axis);
        c.lineTo(x, layout.height);
        c.stroke();
      }
    }
    c.setLineDash([]);
  }

  private rowOf(slice: Slice): Row | undefined {
    return this.layout.rows.find((row) =>
      slice.kind === 'interval'
        ? row.lane === slice.lane
        : slice.kind === 'path'
          ? row.kind === 'path'
          : row.kind === 'bursts',
    );
  }

  private middleOf(record: number): Row | undefined {
    const unit = this.run.unitNames[this.phase.unit[record % this.phase.perImage]];
    return this.layout.rows.find((row) => row.lane?.unit === unit);
  }

  // A frame around the slice, and a line from what released it.
  private mark(slice: Slice, selected: boolean): void {
    const { context: c, scale, phase } = this;
    const row = this.rowOf(slice);
    if (!row) return;
    const [from, to] = rangeOf(phase, slice);
    const x0 = scale.x(from),
      x1 = Math.max(scale.x(to), x0 + 2);
    c.strokeStyle = this.theme.accent;
    c.lineWidth = selected ? 2.5 : 1.5;
    c.strokeRect(x0 - 1, row.y - 2, x1 - x0 + 2, row.height + 4);
    const cause = causeOf(phase, slice),
      record = recordOf(phase, slice);
    const causeRow = cause < 0 ? undefined : this.middleOf(cause);
    if (!causeRow || record < 0) return;
    const target = this.middleOf(record) ?? row;
    const releasedAt =
      phase.release[record] === 0
        ? phase.start[cause]
        : phase.release[record] === 1
          ? phase.frontFree[cause]
          : phase.end_[cause] + 1;
    const [ax, ay] = [scale.x(releasedAt), causeRow.y + causeRow.height / 2];
    const [bx, by] = [
      scale.x(slice.kind === 'interval' && slice.lane.activity[slice.index] !== BUSY ? to : phase.start[record]),
      target.y + target.height / 2,
    ];
    const bend = Math.max(18, Math.abs(bx - ax) / 2);
    c.beginPath();
    c.moveTo(ax, ay);
    c.bezierCurveTo(ax + bend, ay, bx - bend, by, bx, by);
    c.stroke();
    c.fillStyle = this.theme.accent;
    c.beginPath();
    c.arc(ax, ay, 3.5, 0, 2 * Math.PI);
    c.fill();
    c.beginPath();
    c.moveTo(bx, by);
    c.lineTo(bx - 7, by - 4);
    c.lineTo(bx - 7, by + 4);
    c.fill();
  }
}

// "cycles 1,200 to 3,400: 2,200 cycles, 8.8 us"
export function windowText(run: Run, window: Window): string {
  const time = engineering((window.to - window.from) / run.report.platform.clock_hz, 's');
  return `cycles ${grouped(Math.round(window.from))} to ${grouped(Math.round(window.to))}: ${time}`;
}
