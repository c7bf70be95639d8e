// SPDX-License-Identifier: Apache-2.0
// Layers under the roofs of the arrays and below one ceiling a memory level.
import { along, type Box, box, Taken, textWidth } from './axis';
import { chart, cut, h, legend, type LegendItem, s, svg, table } from './dom';
import type { Layer, Run } from './data';
import { engineering, significant } from './format';
import { beside, section } from './section';
import { unitColour } from './palette';

interface Point {
  layer: Layer;
  level: 'DRAM' | 'buffers';
  intensity: number; // operations a byte
  performance: number; // operations a second, while its unit is busy with it
}

function pointsOf(run: Run): Point[] {
  const out: Point[] = [];
  for (const layer of run.report.layers) {
    if (layer.macs === 0 || layer.busy_cycles === 0) continue;
    const performance = (2 * layer.macs * run.report.platform.clock_hz) / layer.busy_cycles;
    const bytes: [Point['level'], number][] = [
      ['DRAM', layer.dram_bytes],
      ['buffers', layer.buffer_bits / 8],
    ];
    for (const [level, amount] of bytes) {
      if (amount > 0) out.push({ layer, level, intensity: (2 * layer.macs) / amount, performance });
    }
  }
  return out;
}

interface Axes {
  x: (intensity: number) => number;
  y: (performance: number) => number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  xRange: [number, number];
  yRange: [number, number];
}

function axes(
  points: Point[],
  roofs: [string, number][],
  ceilings: [string, number][],
  width: number,
  height: number,
): Axes {
  const decade = (value: number, up: boolean) =>
    10 ** (up ? Math.ceil(Math.log10(value)) : Math.floor(Math.log10(value)));
  const ridges = ceilings.flatMap(([, rate]) => roofs.map(([, peak]) => peak / rate));
  const xs = [...points.map((p) => p.intensity), ...ridges],
    ys = [...points.map((p) => p.performance), ...roofs.map(([, peak]) => peak)];
  const xRange: [number, number] = [decade(Math.min(...xs) / 1.5, false), decade(Math.max(...xs) * 1.5, true)];
  const yRange: [number, number] = [decade(Math.min(...ys) / 1.5, false), decade(Math.max(...ys) * 1.2, true)];
  const left = 58,
    right = width - 22,
    top = 12,
    bottom = height - 38;
  const map = (range: [number, number], from: number, to: number) => (value: number) =>
    from + ((to - from) * Math.log(value / range[0])) / Math.log(range[1] / range[0]);
  return { x: map(xRange, left, right), y: map(yRange, bottom, top), left, right, top, bottom, xRange, yRange };
}

function grid(a: Axes): SVGElement[] {
  const out: SVGElement[] = [];
  for (let v = a.xRange[0]; v <= a.xRange[1] * 1.01; v *= 10) {
    out.push(
      s('line', { x1: a.x(v), x2: a.x(v), y1: a.top, y2: a.bottom, class: 'grid' }),
      s('text', { x: a.x(v), y: a.bottom + 15, class: 'tick middle' }, significant(v)),
    );
  }
  for (let v = a.yRange[0]; v <= a.yRange[1] * 1.01; v *= 10) {
    out.push(
      s('line', { x1: a.left, x2: a.right, y1: a.y(v), y2: a.y(v), class: 'grid' }),
      s('text', { x: a.left - 6, y: a.y(v) + 4, class: 'tick end' }, engineering(v, '')),
    );
  }
  out.push(
    s('text', { x: (a.left + a.right) / 2, y: a.bottom + 32, class: 'tick middle' }, 'operations a byte'),
    s(
      'text',
      { x: 12, y: (a.top + a.bottom) / 2, class: 'tick middle', transform: `rotate(-90 12 ${(a.top + a.bottom) / 2})` },
      'operations/s',
    ),
  );
  return out;
}

interface Line {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

// A ceiling rises with the intensity until it meets the highest roof.
function ceilingLine(a: Axes, rate: number, peak: number): Line {
  const ridge = Math.min(peak / rate, a.xRange[1]);
  const from = Math.max(a.xRange[0], a.yRange[0] / rate);
  return { x1: a.x(from), y1: a.y(from * rate), x2: a.x(ridge), y2: a.y(ridge * rate) };
}

// Its name lies along it, beside it, where least is in the way.
function ceilingName(taken: Taken, { x1, y1, x2, y2 }: Line, name: string): SVGElement | undefined {
  const length = Math.hypot(x2 - x1, y2 - y1),
    half = textWidth(name) / 2;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const places = [0.3, 0.42, 0.55, 0.68, 0.8, 0.18].flatMap((share) =>
    [-9, 15].map((aside) => {
      const reach = Math.min(Math.max(share * length, half + 2), Math.max(length - half - 2, half + 2));
      const [x, y] = [x1 + ux * reach, y1 + uy * reach];
      // The middle of the letters, which are 8 pixels high above their base line.
      const [mx, my] = [x - uy * (aside - 4), y + ux * (aside - 4)];
      return { x, y, aside, boxes: along(mx - ux * half, my - uy * half, mx + ux * half, my + uy * half, 11) };
    }),
  );
  const best = taken.take(places);
  if (!best) return undefined;
  const angle = (Math.atan2(uy, ux) * 180) / Math.PI;
  return s(
    'text',
    {
      x: best.x,
      y: best.y + best.aside,
      class: 'label small middle halo ceiling-name',
      transform: `rotate(${angle} ${best.x} ${best.y})`,
    },
    name,
  );
}

const near = 3; // pixels within which points lie on one another
const namedAtMost = 5;

// Where a text of this width may stand beside a point.
function placesAround(a: Axes, x: number, y: number, w: number): { x: number; y: number; boxes: Box[] }[] {
  const [above, below] = [y - 9, y + 17];
  return [
    { x: x + 9, y: y + 4 },
    { x: x - 9 - w, y: y + 4 },
    ...[above, below].flatMap((at) => [0.5, 0, 1, 0.25, 0.75].map((share) => ({ x: x - w * share, y: at }))),
  ]
    .filter((at) => at.x > a.left && at.x + w < a.right && at.y > a.top + 12 && at.y < a.bottom - 2)
    .map((at) => ({ ...at, boxes: [box(at.x, at.y - 10, w, 13)] }));
}

interface Roof extends Line {
  unit: string;
  name: string;
}

// A roof's name lies on it, as far to the right as nothing is in the way, or below.
function roofName(taken: Taken, { name, x1, x2, y1 }: Roof): SVGElement {
  const w = textWidth(name);
  const shifts = Array.from({ length: 10 }, (_, i) => Math.min(x2, Math.max(x1 + w, x2 - (i * (x2 - x1)) / 10)));
  const places = [-8, 17].flatMap((aside) =>
    shifts.map((x) => ({ x, y: y1 + aside, boxes: [box(x - w, y1 + aside - 10, w, 13)] })),
  );
  const { x, y } = taken.take(places)!;
  return s('text', { x, y, class: 'label small end halo roof-name' }, name);
}

// Names of the layers whose arrays are busy with them longest, a place's once, where they cover nothing.
function pointNames(a: Axes, points: Point[], taken: Taken, width: number): SVGElement[] {
  const sorted = points
    .filter((p) => p.level === 'buffers')
    .sort((p, q) => q.layer.busy_cycles - p.layer.busy_cycles)
    .map((p) => ({ p, x: a.x(p.intensity), y: a.y(p.performance) }));
  const seen: { x: number; y: number }[] = [];
  const out: SVGElement[] = [];
  for (const { p, x, y } of sorted) {
    if (out.length === namedAtMost || seen.some((other) => Math.hypot(other.x - x, other.y - y) <= near)) continue;
    seen.push({ x, y });
    const others = sorted.filter((other) => Math.hypot(other.x - x, other.y - y) <= near).length - 1;
    // Whole if there is room, else its end.
    for (const room of [170, 0.24 * width]) {
      const short = cut(p.layer.name, room, 11, true);
      const text = others === 0 ? short : `${short} +${others}`;
      const best = taken.take(placesAround(a, x, y, textWidth(text)), 0);
      if (!best) continue;
      out.push(s('text', { x: best.x, y: best.y, class: 'label small halo point-name' }, text));
      break;
    }
  }
  return out;
}

function roofsOf(run: Run): [string, number][] {
  return Object.entries(run.report.platform.peak_macs_per_cycle).map(([unit, peak]): [string, number] => [
    unit,
    2 * peak * run.report.platform.clock_hz,
  ]);
}

function ceilingsOf(run: Run): [string, number][] {
  return [
    ['DRAM', run.report.memory.dram_peak_bytes_per_s],
    ['buffers', run.report.memory.buffer_peak_bits_per_s / 8],
  ];
}

function mark(a: Axes, p: Point): SVGElement {
  const [cx, cy, colour] = [a.x(p.intensity), a.y(p.performance), unitColour(p.layer.unit)];
  const text = s(
    'title',
    {},
    `${p.layer.name} (${p.layer.unit})\n${engineering(p.performance, 'OP/s')} while busy\n` +
      `${significant(p.intensity)} operations a byte of ${p.level}`,
  );
  const square = { x: cx - 4.5, y: cy - 4.5, width: 9, height: 9, class: 'mark' };
  return p.level === 'DRAM'
    ? s('rect', { ...square, style: `stroke: ${colour}; fill: var(--surface)` }, text)
    : s('circle', { cx, cy, r: 5, class: 'mark', style: `fill: ${colour}` }, text);
}

function plot(run: Run, width: number): SVGSVGElement {
  const points = pointsOf(run),
    roofs = roofsOf(run),
    ceilings = ceilingsOf(run);
  const height = Math.round(Math.min(420, Math.max(280, width * 0.5)));
  const a = axes(points, roofs, ceilings, width, height);
  const peak = Math.max(...roofs.map(([, value]) => value));
  const roofLines = roofs.map(([unit, value]) => {
    const x1 = a.x(Math.max(a.xRange[0], value / ceilings[1][1]));
    return { unit, name: `${unit} ${engineering(value, 'OP/s')}`, x1, x2: a.right, y1: a.y(value), y2: a.y(value) };
  });
  const lines = ceilings.map(([name, rate], i) => ({
    ...ceilingLine(a, rate, peak),
    name: `${name} ${engineering(rate, 'B/s')}`,
    dash: i === 0 ? '6 4' : '2 3',
  }));
  const taken = new Taken();
  taken.add(box(0, a.bottom - 2, width, height), box(0, 0, a.left - 1, height));
  taken.add(...points.map((p) => box(a.x(p.intensity) - 6, a.y(p.performance) - 6, 12, 12)));
  for (const { x1, y1, x2, y2 } of [...roofLines, ...lines]) taken.add(...along(x1, y1, x2, y2, 2));
  // Those with the fewest places first.
  const roofNames = roofLines.map((roof) => roofName(taken, roof));
  const names = pointNames(a, points, taken, width);
  return svg(
    width,
    height,
    ...grid(a),
    ...lines.map(({ x1, y1, x2, y2, dash }) =>
      s('line', { x1, y1, x2, y2, class: 'ceiling', 'stroke-dasharray': dash }),
    ),
    ...roofLines.map(({ unit, x1, y1, x2, y2 }) =>
      s('line', { x1, y1, x2, y2, class: 'roof', style: `stroke: ${unitColour(unit)}` }),
    ),
    ...points.map((p) => mark(a, p)),
    ...roofNames,
    ...names,
    ...lines.map((line) => ceilingName(taken, line, line.name)),
  );
}

function figures(run: Run): HTMLElement {
  const columns = ['layer', 'unit', 'level', 'operations a byte', 'OP/s while busy'].map((name, i) => ({
    name,
    numeric: i > 2,
  }));
  return table(
    'Points of the roofline',
    columns,
    pointsOf(run).map((p) => [
      p.layer.name,
      p.layer.unit,
      p.level,
      significant(p.intensity),
      engineering(p.performance, 'OP/s'),
    ]),
  );
}

export function roofline(runs: Run[]): HTMLElement {
  const points = runs.flatMap(pointsOf);
  const items: LegendItem[] = [...new Set(points.map((p) => p.layer.unit))].map((unit) => ({
    text: `${unit}, on chip`,
    colour: unitColour(unit),
  }));
  if (points.some((p) => p.level === 'DRAM'))
    items.push({ text: 'the same layer, DRAM', colour: 'var(--text)', shape: 'ring' });
  return section(
    'roofline',
    'Roofline',
    'A layer\u2019s rate while its array is busy with it, over the operations it does for each byte that it moves: ' +
      'on chip, and, where it uses DRAM, there. Named: those whose array is busy with them longest, with how many more ' +
      'lie at the same place.',
    legend(items),
    beside(runs, (run) =>
      pointsOf(run).length === 0
        ? h('p', {}, 'No layer multiplies.')
        : h(
            'div',
            {},
            chart(`Roofline of ${pointsOf(run).length} points`, (width) => plot(run, width)),
            figures(run),
          ),
    ),
  );
}
