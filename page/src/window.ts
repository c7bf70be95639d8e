// SPDX-License-Identifier: Apache-2.0
// The stretch of time that timelines and curves show, one for all of them.

export class Window {
  from = 0;
  to = 1;
  private listeners: (() => void)[] = [];
  private waiting = false;

  constructor(public end: number) {
    this.to = end;
  }

  listen(act: () => void): void {
    this.listeners.push(act);
  }

  // Keeps to [0, end) and to at least eight cycles; listeners hear of it once a frame.
  set(from: number, to: number): void {
    const least = Math.min(8, this.end);
    const length = Math.min(this.end, Math.max(least, to - from));
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(0, middle - length / 2), this.end - length);
    this.to = this.from + length;
    this.tell();
  }

  fit(): void {
    this.set(0, this.end);
  }

  zoom(factor: number, around = (this.from + this.to) / 2): void {
    this.set(around - (around - this.from) * factor, around + (this.to - around) * factor);
  }

  pan(share: number): void {
    const step = (this.to - this.from) * share;
    const bounded = Math.min(Math.max(step, -this.from), this.end - this.to);
    this.set(this.from + bounded, this.to + bounded);
  }

  // Moves as little as needed to have [from, to) inside.
  reveal(from: number, to: number): void {
    const length = Math.max(this.to - this.from, (to - from) * 1.2);
    if (from >= this.from && to <= this.to) return;
    const middle = (from + to) / 2;
    this.set(middle - length / 2, middle + length / 2);
  }

  // Has everything drawn anew, as for another theme.
  tell(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      for (const act of this.listeners) act();
    });
  }
}
