// SPDX-License-Identifier: Apache-2.0
// A point in words: beside the pointer, and, where it is chosen, with the command that takes it.
import { button, h } from '../dom';
import type { Choice } from './choice';
import { baseName, differences, figureText, type Study, takeCommand } from './data';

const nameOf = (study: Study, point: number): string =>
  `Point ${study.points.id[point]}${study.front.includes(point) ? ', on the front' : ''}` +
  (study.base === point ? `, ${baseName(study)}` : '');

const figuresOf = (study: Study, point: number): string =>
  study.figures.map((figure, f) => `${figure.name} ${figureText(figure, study.points.figures[f][point])}`).join(', ');

export function tipLines(study: Study, point: number): HTMLElement[] {
  const with_ = differences(study, point);
  const most = 12;
  const keys = with_.slice(0, most).map((text) => h('div', { class: 'key' }, text));
  return [
    h('div', {}, nameOf(study, point)),
    h('div', {}, figuresOf(study, point)),
    ...keys,
    ...(with_.length > most ? [h('div', { class: 'key' }, `and ${with_.length - most} more`)] : []),
  ];
}

// Puts the tip beside (x, y), within the box.
export function placeTip(tip: HTMLElement, x: number, y: number): void {
  const box = tip.parentElement!;
  tip.hidden = false;
  const left = x + 14 + tip.offsetWidth <= box.clientWidth ? x + 14 : Math.max(0, x - 14 - tip.offsetWidth);
  tip.style.left = `${left}px`;
  tip.style.top = `${Math.max(0, Math.min(y + 14, box.clientHeight - tip.offsetHeight))}px`;
}

function copy(text: string, code: HTMLElement, pressed: HTMLButtonElement): void {
  const done = () => {
    pressed.textContent = 'Copied';
    setTimeout(() => (pressed.textContent = 'Copy'), 1500);
  };
  // Where the browser does not hand its clipboard to a file, the command is marked for the keyboard.
  const mark = () => getSelection()?.selectAllChildren(code);
  if (navigator.clipboard === undefined) mark();
  else navigator.clipboard.writeText(text).then(done, mark);
}

export function chosenPanel(choice: Choice): HTMLElement {
  const panel = h('div', { class: 'panel chosen', 'aria-live': 'polite' });
  const draw = () => {
    const { study, chosen } = choice;
    if (chosen === null) {
      panel.replaceChildren(
        h('p', { class: 'hint' }, 'Choose a point by a click, or along the front by the arrow keys: ' +
            'what it is, and how to take it.'),
      );
      return;
    }
    const command = takeCommand(study, chosen);
    const code = h('code', { class: 'command' }, command);
    const pressed = button('Copy the command', 'Copy', () => copy(command, code, pressed));
    const keys = differences(study, chosen);
    panel.replaceChildren(
      h('b', {}, nameOf(study, chosen)),
      h('div', {}, figuresOf(study, chosen)),
      keys.length > 0
        ? h('ul', { class: 'keys' }, ...keys.map((text) => h('li', {}, h('code', {}, text))))
        : h('div', {}, 'No key differs from the base platform.'),
      h('div', { class: 'take' }, code, pressed),
    );
  };
  choice.onChange(draw);
  draw();
  return panel;
}
