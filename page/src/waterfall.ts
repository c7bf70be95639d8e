// SPDX-License-Identifier: Apache-2.0
// When each layer of the first inference ran, and how much of the critical path lay in it.
import { ticks } from './axis';
import { chart, cut, h, legend, s, svg, table } from './dom';
import type { Layer, Run } from './data';
import { grouped, percent, share } from './format';
import { beside, field, section } from './section';
import { unitColour } from './palette';

const pitch = 15,
  top = 20;

// Stretches of the first inference on the critical path, by layer; none without a timeline.
function criticalOf(run: Run): Map<number, [number, number][]> {
  const out = new Map<number, [number, number][]>();
  const phase = run.phases[0];
  if (!phase) return out;
  phase.path.record.forEach((record, i) => {
    if (record < 0 || record >= phase.perImage) return;
    const layer = phase.layer[record];
    const list = out.get(layer) ?? out.set(layer, []).get(layer)!;
    list.push([phase.path.from[i], phase.path.to[i]]);
  });
  return out;
}

function tip(layer: Layer, run: Run): string {
  return (
    `${layer.name} (${layer.op}) on ${layer.unit}\n` +
    `${grouped(layer.start)} to ${grouped(layer.end)}, ${grouped(layer.cycles)} cycles\n` +
    `critical ${grouped(layer.critical_cycles)} (${percent(share(layer.critical_cycles, run.report.cycles))}), ` +
    `bound by ${layer.bound_by}`
  );
}

// `end`: the cycle at the right.
function rows(run: Run, end: number, width: number): SVGSVGElement {
  const { layers, cycles } = run.report;
  const names = width < 520 ? 116 : 178,
    shares = width < 520 ? 60 : 110;
  const scale = (width - names - shares - 14) / end;
  const x = (cycle: number) => names + cycle * scale;
  const most = Math.max(1, ...layers.map((layer) => layer.critical_cycles));
  const pieces = criticalOf(run);
  const height = top + layers.length * pitch + 4;
  const grid = ticks(end, end * scale, grouped).flatMap((cycle) => [
    s('line', { x1: x(cycle), x2: x(cycle), y1: top - 4, y2: height, class: 'grid' }),
    s('text', { x: x(cycle), y: 11, class: 'tick middle' }, grouped(cycle)),
  ]);
  const bars = layers.map((layer, i) => {
    const y = top + i * pitch;
    const share_ = share(layer.critical_cycles, cycles);
    const length = ((shares - 44) * layer.critical_cycles) / most;
    const begin = width - shares;
    return s(
      'g',
      { class: 'row' },
      s('title', {}, tip(layer, run)),
      s('rect', { x: 0, y, width, height: pitch, class: 'hit' }),
      s('text', { x: names - 8, y: y + 11, class: 'label end small' }, cut(layer.name, names - 8, 11, true)),
      s('rect', {
        x: x(layer.start),
        y: y + 2,
        width: Math.max(1, layer.cycles * scale),
        height: pitch - 4,
        style: `fill: ${unitColour(layer.unit)}`,
        class: 'faint',
      }),
      ...(pieces.get(i) ?? []).map(([from, to]) =>
        s('rect', {
          x: x(from),
          y: y + 2,
          width: Math.max(0.6, (to - from) * scale),
          height: pitch - 4,
          style: `fill: ${unitColour(layer.unit)}`,
        }),
      ),
      width >= 520 &&
        s('rect', { x: begin, y: y + 3, width: length, height: pitch - 6, style: `fill: ${unitColour(layer.unit)}` }),
      layer.critical_cycles > 0 && s('text', { x: width, y: y + 11, class: 'value end small' }, percent(share_)),
    );
  });
  return svg(
    width,
    height,
    ...grid,
    s('text', { x: width, y: 11, class: 'tick end' }, width < 520 ? 'critical' : 'critical share'),
    ...bars,
  );
}

function figures(run: Run): HTMLElement {
  const critical = run.report.input.images > 1 ? 'critical, all images' : 'critical';
  const columns = ['layer', 'op', 'unit', 'start', 'end', 'cycles', critical, 'MAC', 'utilization', 'bound by'].map(
    (name, i) => ({ name, numeric: i > 2 && i < 9 }),
  );
  const body = run.report.layers.map((layer, i) => [
    layer.name,
    layer.op,
    layer.unit,
    ...['start', 'end', 'cycles', 'critical_cycles', 'macs'].map((key) => field(run, `layers.${i}.${key}`, 'grouped')),
    field(run, `layers.${i}.utilization`, 'percent'),
    layer.bound_by,
  ]);
  return table('Layers of the first inference', columns, body);
}

export function waterfall(runs: Run[]): HTMLElement {
  const units = [...new Set(runs.flatMap((run) => run.report.layers.map((layer) => layer.unit)))];
  const end = Math.max(1, ...runs.flatMap((run) => run.report.layers.map((layer) => layer.end)));
  return section(
    'layers',
    'Layers',
    'First inference, cycles from the doorbell. Pale: from a layer\u2019s first start to its last write; full: where it ' +
      'lay on the critical path. Layers overlap; their critical shares add up to the run.' +
      (runs.length > 1 ? ' Both runs have one scale.' : ''),
    legend(units.map((unit) => ({ text: unit, colour: unitColour(unit) }))),
    beside(runs, (run) =>
      h(
        'div',
        {},
        chart(`When ${run.report.layers.length} layers ran, and their critical shares`, (width) =>
          rows(run, end, width),
        ),
        figures(run),
      ),
    ),
  );
}
