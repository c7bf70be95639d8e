// SPDX-License-Identifier: Apache-2.0
// What the machine takes of its part, by unit, against the platform's limits.
import { chart, h, legend, s, svg, table, whisker } from './dom';
import type { Amounts, Run } from './data';
import { grouped, percent, share } from './format';
import { beside, failed, field, section } from './section';
import { unitColour } from './palette';

const kinds: [keyof Amounts, string][] = [
  ['dsp', 'DSP'],
  ['lut', 'LUT'],
  ['ff', 'flip-flops'],
  ['bram36', 'BRAM36'],
  ['uram', 'URAM'],
];
const pitch = 48,
  barHeight = 16;

// Buffers are one colour and the small parts of the machine another; a title names each.
function colourOf(part: string): string {
  return part.startsWith('buffer ') ? 'var(--unit-buffers)' : unitColour(part);
}

function bar(run: Run, kind: keyof Amounts, name: string, y: number, width: number): SVGElement {
  const { resources } = run.report;
  const available = resources.available[kind];
  const whole = Math.max(available, resources[kind], 1);
  const x = (amount: number) => (width * amount) / whole;
  let begin = 0;
  const parts = Object.entries(resources.by_unit)
    .filter(([, part]) => part[kind] > 0)
    .map(([unit, part]) => {
      const from = begin;
      begin += part[kind];
      return s(
        'rect',
        {
          x: x(from),
          y: y + 20,
          width: Math.max(0.4, x(part[kind]) - 0.5),
          height: barHeight,
          style: `fill: ${colourOf(unit)}`,
        },
        s(
          'title',
          {},
          `${unit}: ${grouped(part[kind])} ${name}, ${percent(share(part[kind], available))} of the device`,
        ),
      );
    });
  const range = kind === 'lut' || kind === 'ff' ? resources.range[kind] : null;
  const middle = y + 20 + barHeight / 2;
  const limit = x(resources.limit[kind]);
  const text =
    available === 0
      ? resources[kind] > 0
        ? 'the device has none'
        : 'the device has none, none is used'
      : `${range ? '~' : ''}${grouped(resources[kind])} of ${grouped(available)}: ` +
        percent(share(resources[kind], available));
  return s(
    'g',
    {},
    s('text', { x: 0, y: y + 14, class: 'label' }, name),
    s('text', { x: width, y: y + 14, class: 'value end' }, text),
    s('rect', { x: 0, y: y + 20, width, height: barHeight, class: 'track' }),
    ...parts,
    range && whisker(x(range[0]), Math.min(width, x(range[1])), middle),
    available > 0 &&
      s(
        'path',
        { class: 'limit', d: `M${limit} ${y + 16}v${barHeight + 8}` },
        s('title', {}, `limit ${grouped(resources.limit[kind])}`),
      ),
  );
}

function figures(run: Run): HTMLElement {
  const columns = ['part', ...kinds.map(([, name]) => name)].map((name, i) => ({ name, numeric: i > 0 }));
  const rows = Object.keys(run.report.resources.by_unit).map((part) => [
    part,
    ...kinds.map(([kind]) => grouped(run.report.resources.by_unit[part][kind])),
  ]);
  for (const [name, path] of [
    ['total', 'resources'],
    ['limit', 'resources.limit'],
    ['device', 'resources.available'],
  ]) {
    rows.push([name, ...kinds.map(([kind]) => field(run, `${path}.${kind}`, 'grouped') as unknown as string)]);
  }
  return table('Resources by part of the machine', columns, rows);
}

function setAside(run: Run): HTMLElement {
  const columns = ['buffer', 'set aside, bits', 'capacity, bits', 'set aside'].map((name, i) => ({
    name,
    numeric: i > 0,
  }));
  const rows = Object.entries(run.report.memory.buffers).map(([name, { peak_bits, capacity_bits }]) => [
    name,
    field(run, `memory.buffers.${name}.peak_bits`, 'grouped'),
    field(run, `memory.buffers.${name}.capacity_bits`, 'grouped'),
    percent(share(peak_bits, capacity_bits)),
  ]);
  return table(
    'What the compiler sets aside of each buffer, at most at once: `used` in the text report. It is more than the words ' +
      'that are live, which Over time draws.',
    columns,
    rows,
    'Buffers as a table',
  );
}

export function resources(runs: Run[]): HTMLElement {
  const parts = [
    ...new Set(
      runs.flatMap((run) =>
        Object.entries(run.report.resources.by_unit)
          .filter(([, part]) => kinds.some(([kind]) => part[kind] > 0))
          .map(([name]) => (name.startsWith('buffer ') ? 'buffers' : name)),
      ),
    ),
  ];
  return section(
    'resources',
    'Resources',
    'DSP, BRAM and URAM follow from structure; LUT and flip-flops are estimates with a band (whisker). ' +
      'The tick is the platform\u2019s limit: fuller parts rarely route.',
    legend([
      ...parts.map((part) => ({ text: part, colour: unitColour(part) })),
      { text: 'limit', colour: 'var(--limit)', shape: 'line' as const },
    ]),
    beside(runs, (run) =>
      h(
        'div',
        {},
        h(
          'p',
          { class: 'caption' },
          run.report.platform.device,
          ': ',
          run.report.resources.fits ? 'fits' : failed('does not fit'),
          run.report.resources.fits ? '' : ` (${run.report.resources.over.join('; ')})`,
        ),
        chart(`Resources against ${run.report.platform.device}`, (width) =>
          svg(width, kinds.length * pitch, ...kinds.map(([kind, name], i) => bar(run, kind, name, i * pitch, width))),
        ),
        figures(run),
        setAside(run),
      ),
    ),
  );
}
