// SPDX-License-Identifier: Apache-2.0
// The page of a study: what was asked, its points, its front, what moved it.
import { type Child, h } from '../dom';
import { frame, navigation } from '../frame';
import { grouped, percent, share, significant } from '../format';
import { section } from '../section';
import { Choice } from './choice';
import type { Study } from './data';
import { frontTable } from './front_table';
import { parallel } from './parallel';
import { movedBy, outside, progress } from './progress';
import { scatter } from './scatter';

const names: Record<string, string> = {
  study: 'In short',
  scatter: 'Objectives',
  parallel: 'Along the front',
  front: 'The front',
  outside: 'What ended the others',
  moved: 'What moves them',
  progress: 'How it went',
};

function tile(name: string, value: string, ...more: string[]): HTMLElement {
  return h(
    'div',
    { class: 'tile exact' },
    h('dt', {}, name),
    h('dd', {}, h('div', { class: 'value' }, value), ...more.map((text) => h('div', { class: 'more' }, text))),
  );
}

function budgetText({ study }: Study): string {
  const { evaluations, oracle_calls, seconds } = study.budget;
  const parts = [
    evaluations !== null && `${grouped(evaluations)} evaluations`,
    oracle_calls !== null && `${grouped(oracle_calls)} calls of the oracle`,
    seconds !== null && `${grouped(seconds)} s`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

function short(study: Study): HTMLElement {
  const { counts, study: asked } = study;
  const facts: [string, Child][] = [
    ['networks', asked.maker.length > 0 ? `made by ${asked.maker.join(' ')}` : asked.networks.join(', ')],
    ['platform', asked.platform],
    ['objectives', study.figures.flatMap(({ name, goal }) => (goal === null ? [] : [`${name} ${goal}`])).join(', ')],
    ['limits', asked.limits.join(', ') || 'none'],
    ['method', `${asked.method}, seed ${asked.seed}, batches of ${asked.batch}`],
    ['budget', budgetText(study)],
    ['keys', `${study.keys.length}, ${asked.space.toExponential(2)} points`],
  ];
  return section(
    'study',
    'In short',
    asked.summary,
    h(
      'dl',
      { class: 'tiles' },
      tile('Points asked for', grouped(counts.asked), `${grouped(counts.compiled)} compiled`),
      tile(
        'Within the limits',
        grouped(counts.complete),
        `${percent(share(counts.complete, counts.compiled))} of those compiled`,
      ),
      tile('On the front', grouped(study.front.length)),
      tile('Hypervolume', significant(study.hypervolume), 'in the objectives\u2019 units'),
      tile('Time', `${study.seconds.toFixed(1)}\u00a0s`),
    ),
    h('dl', { class: 'identity' }, ...facts.flatMap(([name, text]) => [h('dt', {}, name), h('dd', {}, text)])),
  );
}

export function showStudy(study: Study, page: HTMLElement): void {
  const choice = new Choice(study);
  const views = [
    short(study),
    scatter(choice),
    parallel(choice),
    frontTable(choice),
    outside(study),
    movedBy(study),
    progress(study),
  ].filter((view): view is HTMLElement => view !== null);
  const title = `${study.study.name} on ${study.study.platform}`;
  const about = `${study.study.method}, ${grouped(study.counts.compiled)} machines compiled`;
  page.replaceChildren(frame('BlendSim study', title, about), navigation(views, names), ...views);
}
