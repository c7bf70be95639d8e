// SPDX-License-Identifier: Apache-2.0
// Ticks, and places for labels that do not lie on one another.
import { niceStep } from './format';

// About what a text takes in pixels.
export const textWidth = (text: string, size = 11): number => 0.58 * size * text.length;

const apart = 6; // pixels between the labels of neighbours
const fewest = 2;

// Ticks of a linear axis from 0 to `range`, `length` pixels long: the closest step of 1, 2 or 5 times a power of ten
// whose labels stay apart.
export function ticks(range: number, length: number, text: (value: number) => string): number[] {
  let out = [0];
  for (let most = Math.max(fewest, Math.floor(length / 20)); most >= 1; --most) {
    const step = niceStep(range, most);
    const at = Array.from({ length: Math.floor((range / step) * (1 + 1e-9)) + 1 }, (_, i) => i * step);
    if (at.length < fewest) break;
    out = at;
    const gap = (step * length) / range - apart;
    if (at.every((value, i) => i === 0 || (textWidth(text(at[i - 1])) + textWidth(text(value))) / 2 <= gap)) break;
  }
  return out;
}

// Likewise of an axis from `low` to `high`: multiples of such a step.
export function ticksBetween(low: number, high: number, length: number, text: (value: number) => string): number[] {
  let out = [low];
  for (let most = Math.max(fewest, Math.floor(length / 20)); most >= 1; --most) {
    const step = niceStep(high - low, most);
    const first = Math.ceil(low / step - 1e-9);
    const count = Math.floor(high / step + 1e-9) - first + 1;
    if (count < fewest) break;
    out = Array.from({ length: count }, (_, i) => (first + i) * step);
    const gap = (step * length) / (high - low) - apart;
    if (out.every((value) => textWidth(text(value)) <= gap)) break;
  }
  return out;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });

function shared(a: Box, b: Box): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return across > 0 && down > 0 ? across * down : 0;
}

// Small boxes along a line, or along the middle of a text that is turned.
export function along(x1: number, y1: number, x2: number, y2: number, thickness: number): Box[] {
  const count = Math.max(1, Math.ceil(Math.hypot(x2 - x1, y2 - y1) / Math.max(2, thickness)));
  return Array.from({ length: count + 1 }, (_, i) =>
    box(
      x1 + ((x2 - x1) * i) / count - thickness / 2,
      y1 + ((y2 - y1) * i) / count - thickness / 2,
      thickness,
      thickness,
    ),
  );
}

// What is taken on a figure.
export class Taken {
  private readonly boxes: Box[] = [];

  add(...boxes: Box[]): void {
    this.boxes.push(...boxes);
  }

  // Pixels of `boxes` that are taken.
  cost(boxes: Box[]): number {
    return boxes.reduce((sum, one) => sum + this.boxes.reduce((all, other) => all + shared(one, other), 0), 0);
  }

  // The first place of those that cover least, which it takes; undefined where each covers more than `most` pixels.
  take<Place extends { boxes: Box[] }>(places: Place[], most = Infinity): Place | undefined {
    const costs = places.map((place) => this.cost(place.boxes));
    const least = Math.min(...costs);
    if (!(least <= most)) return undefined;
    const best = places[costs.indexOf(least)];
    this.add(...best.boxes);
    return best;
  }
}
