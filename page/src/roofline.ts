// SPDX-License-Identifier: Apache-2.0
// Layers under the roofs of the arrays and below one ceiling a memory level.
import { chart, h, legend, s, svg, table } from './dom';
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

// A ceiling rises with the intensity until it meets the highest roof.
function ceiling(a: Axes, name: string, rate: number, peak: number, dash: string): SVGElement {
  const ridge = Math.min(peak / rate, a.xRange[1]);
  const from = Math.max(a.xRange[0], a.yRange[0] / rate);
  const [x1, y1, x2, y2] = [a.x(from), a.y(from * rate), a.x(ridge), a.y(ridge * rate)];
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const [mx, my] = [x1 + (x2 - x1) * 0.42, y1 + (y2 - y1) * 0.42 - 6];
  return s(
    'g',
    {},
    s('line', { x1, y1, x2, y2, class: 'ceiling', 'stroke-dasharray': dash }),
    s(
      'text',
      { x: mx, y: my, class: 'label small middle halo', transform: `rotate(${angle} ${mx} ${my})` },
      `${name} ${engineering(rate, 'B/s')}`,
    ),
  );
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

function plot(run: Run, width: number): SVGSVGElement {
  const points = pointsOf(run),
    roofs = roofsOf(run),
    ceilings = ceilingsOf(run);
  const height = Math.round(Math.min(420, Math.max(280, width * 0.5)));
  const a = axes(points, roofs, ceilings, width, height);
  const peak = Math.max(...roofs.map(([, value]) => value));
  const roofLines = roofs.map(([unit, value]) =>
    s('line', {
      x1: a.x(Math.max(a.xRange[0], value / ceilings[1][1])),
      x2: a.right,
      y1: a.y(value),
      y2: a.y(value),
      class: 'roof',
      style: `stroke: ${unitColour(unit)}`,
    }),
  );
  const roofNames = roofs.map(([unit, value]) =>
    s(
      'text',
      { x: a.right, y: a.y(value) - 5, class: 'label small end halo' },
      `${unit} ${engineering(value, 'OP/s')}`,
    ),
  );
  const marks = points.map((p) => {
    const [cx, cy, colour] = [a.x(p.intensity), a.y(p.performance), unitColour(p.layer.unit)];
    const text = s(
      'title',
      {},
      `${p.layer.name} (${p.layer.unit})\n${engineering(p.performance, 'OP/s')} while busy\n` +
        `${significant(p.intensity)} operations a byte of ${p.level}`,
    );
    return p.level === 'DRAM'
      ? s(
          'rect',
          {
            x: cx - 4.5,
            y: cy - 4.5,
            width: 9,
            height: 9,
            class: 'mark',
            style: `stroke: ${colour}; fill: var(--surface)`,
          },
          text,
        )
      : s('circle', { cx, cy, r: 5, class: 'mark', style: `fill: ${colour}` }, text);
  });
  return svg(
    width,
    height,
    ...grid(a),
    ...ceilings.map(([name, rate], i) => ceiling(a, name, rate, peak, i === 0 ? '6 4' : '2 3')),
    ...roofLines,
    ...marks,
    ...roofNames,
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
  const units = [...new Set(runs.flatMap((run) => pointsOf(run).map((p) => p.layer.unit)))];
  return section(
    'roofline',
    'Roofline',
    'A layer\u2019s rate while its array is busy with it, over the operations it does for each byte that it moves: ' +
      'on chip, and, where it uses DRAM, there.',
    legend([
      ...units.map((unit) => ({ text: `${unit}, on chip`, colour: unitColour(unit) })),
      { text: 'the same layer, DRAM', colour: 'var(--text)', shape: 'ring' as const },
    ]),
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
