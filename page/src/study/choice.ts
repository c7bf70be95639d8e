// SPDX-License-Identifier: Apache-2.0
// What the views of a study have in common: the point that is chosen, and what brushes keep.
import type { Study } from './data';

// A range of an axis, in figures or in indices of values.
export interface Brush {
  of: (point: number) => number;
  low: number;
  high: number;
}

export class Choice {
  chosen: number | null = null;
  private readonly brushes = new Map<string, Brush>();
  private readonly listeners: (() => void)[] = [];

  constructor(readonly study: Study) {}

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  choose(point: number | null): void {
    this.chosen = point;
    this.tell();
  }

  brush(axis: string, brush: Brush | null): void {
    if (brush === null) this.brushes.delete(axis);
    else this.brushes.set(axis, brush);
    this.tell();
  }

  brushOf(axis: string): Brush | undefined {
    return this.brushes.get(axis);
  }

  clearBrushes(): void {
    this.brushes.clear();
    this.tell();
  }

  get isBrushed(): boolean {
    return this.brushes.size > 0;
  }

  keeps(point: number): boolean {
    return [...this.brushes.values()].every(({ of, low, high }) => of(point) >= low && of(point) <= high);
  }

  private tell(): void {
    this.listeners.forEach((listener) => listener());
  }
}
