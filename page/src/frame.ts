// SPDX-License-Identifier: Apache-2.0
// What stands above the views: what the page is about, and the way to each of them.
import { button, h } from './dom';
import { theme } from './palette';

export function frame(product: string, title: string, about: string): HTMLElement {
  document.title = `${title} \u2013 BlendSim`;
  const toggle = button('Light or dark', '\u25d0', () => {
    document.documentElement.dataset.theme = theme() === 'dark' ? 'light' : 'dark';
    window.dispatchEvent(new Event('themechange'));
  });
  toggle.classList.add('theme');
  const text = h(
    'div',
    {},
    h('p', { class: 'product' }, product),
    h('h1', {}, title),
    h('p', { class: 'about' }, about),
  );
  return h('header', {}, text, toggle);
}

export function navigation(views: HTMLElement[], names: Record<string, string>): HTMLElement {
  return h(
    'nav',
    { 'aria-label': 'Views' },
    ...views.map((view) => h('a', { href: `#${view.id}` }, names[view.id] ?? view.id)),
  );
}
