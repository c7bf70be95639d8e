// SPDX-License-Identifier: Apache-2.0
// The frame of a view, and values that say which field of the report they show.
import { type Child, coded, h } from './dom';
import type { Run } from './data';
import { engineering, grouped, percent, significant } from './format';

export function section(id: string, title: string, caption: string, ...body: Child[]): HTMLElement {
  return h(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    h('h2', { id: `${id}-title` }, title),
    caption !== '' && h('p', { class: 'caption' }, ...coded(caption)),
    ...body,
  );
}

// One figure a run, beside each other where there is room.
export function beside(runs: Run[], figure: (run: Run) => Child): HTMLElement {
  return h(
    'div',
    { class: runs.length > 1 ? 'beside' : '' },
    ...runs.map((run) => h('div', { class: 'figure' }, runs.length > 1 && badge(run), figure(run))),
  );
}

export function badge(run: Run): HTMLElement {
  const { network, platform } = run.report;
  const changed = run.own === '' ? '' : ` with ${run.own}`;
  return h('p', { class: 'badge' }, h('b', {}, run.label), ` ${network.name} on ${platform.name}${changed}`);
}

const sign = (text: string) => h('span', { class: 'sign', 'aria-hidden': 'true' }, `${text}\u00a0`);
// A value that fails, and one to be careful with.
export const failed = (value: Child): HTMLElement => h('span', { class: 'bad' }, sign('\u2715'), value);
export const warned = (value: Child): HTMLElement => h('span', { class: 'careful' }, sign('\u25b2'), value);

export type Format = 'clock' | 'grouped' | 'percent' | 'text' | `unit:${string}` | 'number';

export function at(run: Run, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], run.report);
}

export function shown(value: unknown, format: Format): string {
  if (value === null || value === undefined) return '\u2013';
  if (typeof value !== 'number') return String(value);
  if (format === 'grouped') return grouped(value);
  if (format === 'percent') return percent(value);
  if (format === 'clock') return `${grouped(Math.floor(value / 1e6))}\u00a0MHz`; // what is shown can be asked for
  if (format === 'number') return significant(value);
  return format.startsWith('unit:') ? engineering(value, format.slice(5)) : String(value);
}

// A field of the report: the element names its run and path, so that whoever doubts it (a test does) can look it up.
// A name with a dot in it, as layers have, is given by index instead.
export function field(run: Run, path: string, format: Format): HTMLElement {
  return h(
    'span',
    { class: 'field', 'data-run': run.label, 'data-path': path, 'data-format': format },
    shown(at(run, path), format),
  );
}
