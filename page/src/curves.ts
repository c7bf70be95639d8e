// SPDX-License-Identifier: Apache-2.0
// What happens over time, in the timeline's window: bits held in buffers, DRAM bandwidth, power.
import uPlot from 'uplot';
import { type Child, h } from './dom';
import type { Phase, Run } from './data';
import { engineering, grouped, percent, share } from './format';
import { resolved, theme } from './palette';
import { badge, field } from './section';
import { bandwidth, type Bins, occupancy, power } from './series';
import type { Window } from './window';

interface Line {
  name: string;
  colour: string; // variable
  dash?: number[];
}

interface Plot {
  title: string;
  note: string;
  lines: Line[];
  stacked: boolean;
  unit: string;
  top?: number; // of the axis
  values: (bins: Bins) => Float64Array[];
}

const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2], [12, 4]];

function plotsOf(run: Run, phase: Phase): Plot[] {
  const buffers = Object.keys(phase.occupancy);
  const plots: Plot[] = [];
  if (buffers.length > 0) {
    plots.push({
      title: 'Buffers',
      note:
        'live bits, which a later instruction still reads, per cent of each buffer\u2019s capacity; the most in each ' +
        'step of the axis',
      stacked: false,
      unit: '%',
      top: 100,
      lines: buffers.map((name, i) => ({ name, colour: `--curve-${i}`, dash: dashes[i] })),
      values: (bins) => occupancy(run, phase, buffers, bins),
    });
  }
  plots.push({
    title: 'DRAM bandwidth',
    note: 'data on the port',
    stacked: true,
    unit: 'B/s',
    lines: [
      { name: 'written', colour: '--unit-store' },
      { name: 'read', colour: '--unit-load' },
      { name: 'instructions', colour: '--unit-dispatcher' },
    ],
    values: (bins) => bandwidth(run, phase, bins),
  });
  plots.push({
    title: 'Power',
    note:
      'estimated: each instruction\u2019s counted actions spread over the time for which it holds its unit; ' +
      'refreshes are left out',
    stacked: true,
    unit: 'W',
    lines: [
      'static',
      'clocks',
      'dram',
      'dispatcher',
      'load',
      'store',
      'transpose_unit',
      'pool_unit',
      'post_unit',
      'mac_array',
      'xnor_array',
    ].map((name) => ({ name, colour: `--unit-${name}` })),
    values: (bins) => power(run, phase, bins),
  });
  return plots;
}

// Sums from the first on, so that each line's area lies on the one before.
function stack(values: Float64Array[]): Float64Array[] {
  const sum = new Float64Array(values[0]?.length ?? 0);
  return values.map((line) => line.map((value, i) => (sum[i] += value)));
}

function optionsOf(plot: Plot, width: number, raw: () => Float64Array[]): uPlot.Options {
  const text = resolved('--faint'),
    grid = resolved('--grid');
  const axis = {
    stroke: text,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1 },
    font: '11px system-ui, sans-serif',
  };
  const format = (value: number | null) =>
    value === null ? '\u2013' : plot.unit === '%' ? `${value.toFixed(1)} %` : engineering(value, plot.unit);
  return {
    width,
    height: 190,
    legend: { live: true },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: false }, y: { range: (_u, _low, high) => [0, plot.top ?? (high > 0 ? high * 1.08 : 1)] } },
    axes: [
      { ...axis, size: 28, values: (_u, ticks) => ticks.map((tick) => grouped(tick)) },
      {
        ...axis,
        size: 66,
        values: (_u, ticks) => ticks.map((tick) => (plot.unit === '%' ? `${tick} %` : engineering(tick, plot.unit))),
      },
    ],
    series: [
      { label: 'cycle', value: (_u, value) => (value === null ? '\u2013' : grouped(Math.round(value))) },
      ...plot.lines.map((line, i): uPlot.Series => ({
        label: line.name,
        stroke: resolved(line.colour),
        width: plot.stacked ? 0 : 1.6,
        dash: line.dash,
        points: { show: false },
        fill: plot.stacked ? resolved(line.colour) : undefined,
        paths: uPlot.paths.stepped?.({ align: 1 }),
        value: (_u, _value, _s, index) => format(index === null ? null : (raw()[i]?.[index] ?? null)),
      })),
    ],
    // The area between a line and the one below.
    bands: plot.stacked ? plot.lines.slice(1).map((_, i) => ({ series: [i + 2, i + 1] as [number, number] })) : [],
  };
}

function draw(plot: Plot, box: HTMLElement, window: Window): () => void {
  let chart: uPlot | null = null;
  let raw: Float64Array[] = [];
  let drawnFor = '';
  const data = (): uPlot.AlignedData => {
    const count = Math.max(40, Math.min(Math.floor(box.clientWidth / 2), Math.ceil(window.to - window.from)));
    const bins = { from: window.from, width: (window.to - window.from) / count, count };
    raw = plot.values(bins);
    return [
      Float64Array.from({ length: count }, (_, i) => bins.from + i * bins.width),
      ...(plot.stacked ? stack(raw) : raw),
    ];
  };
  return () => {
    const width = Math.floor(box.clientWidth);
    if (width < 50) return;
    if (chart && chart.width === width && drawnFor === theme()) return chart.setData(data());
    drawnFor = theme(); // colours are read when a chart is made
    chart?.destroy();
    const values = data();
    chart = new uPlot(
      optionsOf(plot, width, () => raw),
      values,
      box,
    );
  };
}

// Runs `act` when it has not been asked for a while: while a window moves, the timeline alone follows at once.
function settled(act: () => void): () => void {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = globalThis.setTimeout(act, 120) as unknown as number;
  };
}

// What is live at most beside what the compiler sets aside, which is the text report's `used`.
function liveAndSetAside(run: Run, phase: Phase): HTMLElement {
  const row = (name: string) => {
    const { capacity_bits: capacity, peak_bits: setAside } = run.report.memory.buffers[name];
    const live = phase.occupancy[name].value.reduce((most, bits) => Math.max(most, bits), 0);
    const cells: Child[] = [percent(share(live, capacity)), percent(share(setAside, capacity))];
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      ...cells.map((cell) => h('td', { class: 'number' }, cell)),
      h('td', { class: 'number' }, field(run, `memory.buffers.${name}.capacity_bits`, 'grouped')),
    );
  };
  const heads = ['', 'live at most', 'set aside', 'capacity, bits'].map((text, i) =>
    h('th', { scope: 'col', class: i > 0 ? 'number' : undefined }, text),
  );
  return h(
    'div',
    { class: 'live' },
    h(
      'p',
      { class: 'caption' },
      'Set aside is what the compiler keeps for maps, tiles and weights, whole and until the last one that reads them: ',
      h('code', {}, 'used'),
      ' in the text report. Live is what of it holds a word that is still read.',
    ),
    h(
      'div',
      { class: 'scroll whole' },
      h('table', {}, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...Object.keys(phase.occupancy).map(row))),
    ),
  );
}

export function curves(run: Run, phase: Phase, window: Window, several: boolean): HTMLElement {
  const box = h('div', { class: 'curves' }, several && badge(run));
  for (const plot of plotsOf(run, phase)) {
    const place = h('div', { class: 'curve', role: 'img', 'aria-label': `${plot.title} over time: ${plot.note}` });
    box.append(
      h('div', { class: 'figure' }, h('h3', {}, plot.title, h('span', { class: 'note' }, ` ${plot.note}`)), place),
    );
    if (plot.unit === '%') box.append(liveAndSetAside(run, phase));
    const redraw = draw(plot, place, window);
    window.listen(settled(redraw));
    new ResizeObserver(redraw).observe(place);
  }
  return box;
}
