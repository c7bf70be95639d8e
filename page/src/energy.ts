// SPDX-License-Identifier: Apache-2.0
// Energy by unit and by layer, with its bands.
import { ticks } from './axis';
import { button, chart, cut, h, s, svg, table, whisker } from './dom';
import type { Run } from './data';
import { engineering, grouped } from './format';
import { beside, section } from './section';
import { unitColour } from './palette';

interface Bar {
  name: string;
  value: number;
  range: [number, number] | null;
  colour: string;
}

const pitch = 20,
  top = 20;

function bars(list: Bar[], unit: string, width: number): SVGSVGElement {
  const names = width < 420 ? 120 : 170,
    right = 76;
  const most = Math.max(1e-30, ...list.map((bar) => bar.range?.[1] ?? bar.value));
  const scale = (width - names - right) / most;
  const height = top + list.length * pitch + 2;
  const grid = ticks(most, most * scale, (value) => engineering(value, unit)).flatMap((value) => {
    const x = names + value * scale;
    return [
      s('line', { x1: x, x2: x, y1: top - 4, y2: height, class: 'grid' }),
      s('text', { x, y: 11, class: 'tick middle' }, engineering(value, unit)),
    ];
  });
  return svg(
    width,
    height,
    ...grid,
    ...list.map((bar, i) => {
      const y = top + i * pitch,
        middle = y + pitch / 2;
      const band = bar.range;
      const text = band === null ? '' : `\n${engineering(band[0], unit)} to ${engineering(band[1], unit)}`;
      return s(
        'g',
        {},
        s('title', {}, `${bar.name}: ~${engineering(bar.value, unit)}${text}`),
        s('text', { x: names - 8, y: y + 14, class: 'label end' }, cut(bar.name, names - 8, 12, true)),
        s('rect', {
          x: names,
          y: y + 4,
          width: Math.max(0.5, bar.value * scale),
          height: pitch - 8,
          style: `fill: ${bar.colour}`,
        }),
        band && whisker(names + band[0] * scale, names + band[1] * scale, middle),
        s('text', { x: width, y: y + 14, class: 'value end' }, engineering(bar.value, unit)),
      );
    }),
  );
}

function unitBars(run: Run): Bar[] {
  const { power } = run.report;
  const seconds = run.report.cycles / run.report.platform.clock_hz / run.report.input.images;
  const out: Bar[] = Object.entries(power.by_unit)
    .filter(([, watt]) => (watt ?? 0) > 0)
    .map(([unit, watt]) => {
      const range = power.by_unit_range[unit];
      return {
        name: unit,
        value: (watt ?? 0) * seconds,
        range: range && [range[0] * seconds, range[1] * seconds],
        colour: unitColour(unit),
      };
    });
  const rail = (name: string, watt: number, range: [number, number] | undefined, colour: string) => {
    if (watt > 0)
      out.push({
        name,
        value: watt * seconds,
        range: range ? [range[0] * seconds, range[1] * seconds] : null,
        colour,
      });
  };
  rail('DRAM', power.rails.dram, power.rails_range.dram, unitColour('dram'));
  rail('static', power.static_w, power.rails_range.static, 'var(--unit-static)');
  rail('processor', power.rails.processor, undefined, 'var(--unit-static)');
  return out.sort((a, b) => b.value - a.value);
}

function layerBars(run: Run): Bar[] {
  const out: Bar[] = run.report.layers.map((layer) => ({
    name: layer.name,
    value: layer.energy_j,
    range: layer.energy_range_j,
    colour: unitColour(layer.unit),
  }));
  out.push({
    name: 'no layer\u2019s',
    value: run.report.power.unattributed_j,
    range: null,
    colour: 'var(--unit-static)',
  });
  return out.sort((a, b) => b.value - a.value);
}

const shownAtFirst = 12;

function layerChart(run: Run): HTMLElement {
  const all = layerBars(run);
  const box = h('div', {});
  const draw = (list: Bar[]) => chart(`Dynamic energy of ${list.length} layers`, (width) => bars(list, 'J', width));
  if (all.length <= shownAtFirst + 2) {
    box.append(draw(all));
    return box;
  }
  // Text, not a bar: it would set the scale, and make all layers small.
  const rest = all.slice(shownAtFirst);
  const sum = engineering(
    rest.reduce((total, bar) => total + bar.value, 0),
    'J',
  );
  const more = h('p', { class: 'caption more' }, `${rest.length} more come to ~${sum} together.`);
  let open = false;
  const toggle = button('Show every layer', '', () => show(!open));
  const show = (every: boolean) => {
    open = every;
    toggle.textContent = open ? `The largest ${shownAtFirst}` : `All ${all.length}`;
    more.hidden = open;
    box.replaceChildren(draw(open ? all : all.slice(0, shownAtFirst)), more, toggle);
  };
  show(false);
  return box;
}

function figures(run: Run): HTMLElement {
  const columns = ['', 'energy an inference', 'low', 'high'].map((name, i) => ({ name, numeric: i > 0 }));
  const row = (bar: Bar) => [
    bar.name,
    engineering(bar.value, 'J'),
    ...(bar.range ?? [null, null]).map((v) => (v === null ? '\u2013' : engineering(v, 'J'))),
  ];
  return table('Energy of one inference', columns, [...unitBars(run), ...layerBars(run)].map(row));
}

function peak(run: Run): HTMLElement {
  if (!run.report.power.peak) return h('p', {});
  const { total_w, from_cycle, to_cycle } = run.report.power.peak;
  const cycles = `cycle ${grouped(from_cycle)} to ${grouped(to_cycle - 1)}`;
  const average = engineering(run.report.power.total_w, 'W');
  return h(
    'p',
    { class: 'caption' },
    `At most ~${engineering(total_w, 'W')} over ${grouped(to_cycle - from_cycle)} cycles, in ${cycles}; ~${average} on average.`,
  );
}

export function energy(runs: Run[]): HTMLElement {
  return section(
    'energy',
    'Energy of one inference',
    'Estimated: counted actions, what toggles for each of them, and what a toggle takes. Whiskers are the bands in which ' +
      'the true value may lie.',
    beside(runs, (run) =>
      h(
        'div',
        {},
        h(
          'div',
          { class: 'beside roomy' },
          h(
            'div',
            { class: 'figure' },
            h('h3', {}, 'By unit, with clocks, static part and processor'),
            chart('Energy by unit', (width) => bars(unitBars(run), 'J', width)),
            peak(run),
          ),
          h('div', { class: 'figure' }, h('h3', {}, 'By layer, dynamic'), layerChart(run)),
        ),
        figures(run),
      ),
    ),
  );
}
