// SPDX-License-Identifier: Apache-2.0
// A timeline: its canvas, what the pointer and the keys do, and the panel about the slice chosen.
import { button, h } from '../dom';
import { instructionOf, type Phase, type Run } from '../data';
import type { Window } from '../window';
import { type Marks, Painter, windowText } from './draw';
import { type Layout, layOut, type Row, rowAt, Scale, sliceAt } from './rows';
import { chainOf, linesOf, nameOf, rangeOf, recordOf, type Slice } from './words';

const chainLength = 8;

export class Timeline {
  readonly element: HTMLElement;
  readonly canvas = h('canvas', { class: 'timeline', tabindex: 0, role: 'application' });
  private readonly tip = h('div', { class: 'tip', hidden: true });
  private readonly panel = h('div', { class: 'panel', role: 'status', 'aria-live': 'polite' });
  private readonly status = h('span', { class: 'window' });
  private readonly marks: Marks = { hovered: null, selected: null };
  private layout: Layout;
  private drag: { x: number; from: number; to: number; moved: boolean } | null = null;
  private waiting = false;
  private readonly touches = new Map<number, number>();

  constructor(
    private readonly run: Run,
    private readonly phase: Phase,
    private readonly window: Window,
  ) {
    this.layout = layOut(phase, 600);
    this.canvas.setAttribute('aria-label', this.summary());
    this.canvas.setAttribute('aria-keyshortcuts', 'ArrowLeft ArrowRight ArrowUp ArrowDown + - 0 N P R Escape');
    const box = h('div', { class: 'canvas' }, this.canvas, this.tip);
    const bar = h(
      'div',
      { class: 'bar' },
      button('Zoom in', '+', () => this.window.zoom(0.5)),
      button('Zoom out', '\u2212', () => this.window.zoom(2)),
      button('Show everything', 'Fit', () => this.window.fit()),
      this.status,
    );
    this.element = h('div', { class: 'timeline-box' }, bar, box, this.panel);
    this.say(null);
    window.listen(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(box);
    this.listen();
  }

  private summary(): string {
    return (
      `Timeline of ${this.phase.lanes.length} units over ${this.phase.end} cycles, ${this.phase.count} instructions. ` +
      'Arrow keys move, plus and minus zoom, N and P go from slice to slice, R to what released it.'
    );
  }

  draw(): void {
    const width = Math.floor(this.canvas.parentElement?.clientWidth ?? 0);
    if (width < 50) return;
    this.layout = layOut(this.phase, width);
    const ratio = globalThis.devicePixelRatio || 1;
    const [w, hgt] = [Math.round(width * ratio), Math.round(this.layout.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== hgt) {
      this.canvas.width = w;
      this.canvas.height = hgt;
      this.canvas.style.height = `${this.layout.height}px`;
    }
    const context = this.canvas.getContext('2d');
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    new Painter(context, this.run, this.phase, this.layout, this.window).paint(this.marks);
    this.status.textContent = windowText(this.run, this.window);
  }

  // Pointers move more often than frames are shown.
  private later(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  private listen(): void {
    const c = this.canvas;
    c.addEventListener('pointerdown', (e) => this.down(e));
    c.addEventListener('pointermove', (e) => this.move(e));
    c.addEventListener('pointerup', (e) => this.up(e));
    c.addEventListener('pointercancel', (e) => this.up(e));
    c.addEventListener('pointerleave', () => this.hover(null, 0, 0));
    c.addEventListener('dblclick', (e) => this.zoomTo(this.find(e)));
    c.addEventListener('wheel', (e) => this.wheel(e), { passive: false });
    c.addEventListener('keydown', (e) => this.key(e));
  }

  private place(e: MouseEvent): [number, number] {
    const box = this.canvas.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  }

  private find(e: MouseEvent): Slice | null {
    const [x, y] = this.place(e);
    const row = rowAt(this.layout, y);
    if (!row || x < this.layout.left) return null;
    const scale = new Scale(this.window, this.layout);
    return sliceAt(this.phase, row, scale.cycle(x), 3 / scale.perCycle);
  }

  private down(e: PointerEvent): void {
    if (e.button !== 0) return;
    this.touches.set(e.pointerId, e.clientX);
    this.canvas.setPointerCapture(e.pointerId);
    this.drag = { x: e.clientX, from: this.window.from, to: this.window.to, moved: false };
  }

  private move(e: PointerEvent): void {
    if (this.touches.size === 2 && this.touches.has(e.pointerId)) return this.pinch(e);
    if (!this.drag) return this.hover(this.find(e), ...this.place(e));
    const shift = e.clientX - this.drag.x;
    if (Math.abs(shift) > 3) this.drag.moved = true;
    if (!this.drag.moved) return;
    this.hover(null, 0, 0);
    const cycles = (shift * (this.drag.to - this.drag.from)) / (this.layout.width - this.layout.left);
    const bounded = Math.min(Math.max(-cycles, -this.drag.from), this.window.end - this.drag.to);
    this.window.set(this.drag.from + bounded, this.drag.to + bounded);
  }

  private pinch(e: PointerEvent): void {
    const other = [...this.touches].find(([id]) => id !== e.pointerId)![1];
    const before = Math.abs(this.touches.get(e.pointerId)! - other),
      now = Math.abs(e.clientX - other);
    this.touches.set(e.pointerId, e.clientX);
    const middle = (e.clientX + other) / 2 - this.canvas.getBoundingClientRect().left;
    if (before > 8 && now > 8) this.window.zoom(before / now, new Scale(this.window, this.layout).cycle(middle));
    if (this.drag) this.drag = null;
  }

  private up(e: PointerEvent): void {
    this.touches.delete(e.pointerId);
    if (this.drag && !this.drag.moved && e.type === 'pointerup') this.select(this.find(e));
    this.drag = null;
  }

  // Alone the wheel scrolls the page, as everywhere; with Ctrl it zooms, sideways it pans.
  private wheel(e: WheelEvent): void {
    if (e.ctrlKey || e.metaKey) {
      const cycle = new Scale(this.window, this.layout).cycle(this.place(e)[0]);
      this.window.zoom(Math.exp(Math.max(-1, Math.min(1, e.deltaY * 0.01))), cycle);
    } else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      this.window.pan((e.deltaX || e.deltaY) / this.layout.width);
    } else return;
    e.preventDefault();
  }

  private key(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => this.window.pan(-0.2),
      ArrowRight: () => this.window.pan(0.2),
      ArrowUp: () => this.step(-1),
      ArrowDown: () => this.step(1),
      '+': () => this.window.zoom(0.5),
      '=': () => this.window.zoom(0.5),
      '-': () => this.window.zoom(2),
      0: () => this.window.fit(),
      Home: () => this.window.fit(),
      n: () => this.along(1),
      p: () => this.along(-1),
      r: () => this.toCause(),
      Escape: () => this.select(null),
      Enter: () => this.zoomTo(this.marks.selected),
    };
    const act = acts[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (!act) return;
    e.preventDefault();
    this.hover(null, 0, 0); // what is under the pointer is another slice now
    act();
  }

  // The row above or below, at the middle of what is chosen.
  private step(by: number): void {
    const rows = this.layout.rows;
    const now = this.marks.selected ? this.rowOf(this.marks.selected) : -1;
    const [from, to] = this.marks.selected
      ? rangeOf(this.phase, this.marks.selected)
      : [this.window.from, this.window.to];
    for (let next = now + by; next >= 0 && next < rows.length; next += by) {
      const slice = sliceAt(this.phase, rows[next], (from + to) / 2, this.window.to - this.window.from);
      if (slice) return this.select(slice);
    }
  }

  private rowOf(slice: Slice): number {
    return this.layout.rows.findIndex((row: Row) =>
      slice.kind === 'interval' ? row.lane === slice.lane : row.kind === (slice.kind === 'path' ? 'path' : 'bursts'),
    );
  }

  // The next or the previous slice of the row.
  private along(by: number): void {
    const now = this.marks.selected;
    if (!now) return this.step(1);
    const count =
      now.kind === 'interval'
        ? now.lane.from.length
        : now.kind === 'path'
          ? this.phase.path.from.length
          : this.phase.bursts.count;
    const index = now.index + by;
    if (index >= 0 && index < count) this.select({ ...now, index });
  }

  private toCause(): void {
    const now = this.marks.selected;
    const record = now ? recordOf(this.phase, now) : -1;
    if (record >= 0 && this.phase.releasedBy[record] >= 0) this.goTo(this.phase.releasedBy[record]);
  }

  // Chooses a record's busy slice.
  goTo(record: number): void {
    const unit = this.run.unitNames[this.phase.unit[instructionOf(this.phase, record)]];
    const lane = this.phase.lanes.find((l) => l.unit === unit);
    if (!lane) return;
    for (let index = 0; index < lane.record.length; ++index) {
      if (lane.record[index] === record && lane.activity[index] === 0)
        return this.select({ kind: 'interval', lane, index });
    }
  }

  private zoomTo(slice: Slice | null): void {
    if (!slice) return;
    const [from, to] = rangeOf(this.phase, slice);
    const margin = Math.max(8, (to - from) * 1.5);
    this.window.set(from - margin, to + margin);
  }

  private hover(slice: Slice | null, x: number, y: number): void {
    this.marks.hovered = slice;
    this.tip.hidden = slice === null;
    if (slice) {
      this.tip.replaceChildren(...linesOf(this.run, this.phase, slice).map((line) => h('div', {}, line)));
      const room = this.layout.width - this.tip.offsetWidth;
      this.tip.style.left = `${Math.max(0, Math.min(x + 14, room))}px`;
      this.tip.style.top = `${y + 18}px`;
    }
    this.later();
  }

  select(slice: Slice | null): void {
    this.marks.selected = slice;
    if (slice) this.window.reveal(...rangeOf(this.phase, slice));
    this.say(slice);
    this.draw();
  }

  private say(slice: Slice | null): void {
    if (!slice) {
      this.panel.replaceChildren(
        h(
          'p',
          { class: 'hint' },
          'Point at a slice to see what released it; click for its instruction. Drag to move, Ctrl and wheel or + and ' +
            '\u2212 to zoom, arrow keys to move, N and P for the next and previous slice, R for what released it.',
        ),
      );
      return;
    }
    const record = recordOf(this.phase, slice);
    const [title, ...lines] = linesOf(this.run, this.phase, slice);
    const chain = record < 0 ? [] : chainOf(this.phase, record, chainLength);
    const links = chain.map((cause) =>
      h(
        'li',
        {},
        button(`Go to ${nameOf(this.run, this.phase, cause)}`, nameOf(this.run, this.phase, cause), () =>
          this.goTo(cause),
        ),
      ),
    );
    this.panel.replaceChildren(
      h('strong', {}, title),
      ...lines.map((line) => h('div', {}, line)),
      ...(record < 0 ? [] : [h('pre', { class: 'disassembly' }, this.phase.text[instructionOf(this.phase, record)])]),
      ...(links.length === 0
        ? []
        : [h('div', { class: 'chain' }, h('span', {}, 'Released by, and that by:'), h('ol', {}, ...links))]),
    );
  }
}
