// SPDX-License-Identifier: Apache-2.0
// The study that the page shows (docs/exploration.md says what each field of its JSON means).
import { engineering, grouped, percent } from '../format';

export interface Figure {
  name: string;
  unit: string;
  goal: 'min' | 'max' | null; // null: limited only
}
export interface Key {
  name: string;
  values: string[];
  base: number | null; // index of the base platform's value; null: the space has it not
  base_text: string | null; // null: of the network
}
export interface Study {
  schema: string;
  command: string;
  study: {
    name: string;
    summary: string;
    platform: string;
    networks: string[];
    maker: string[];
    method: string;
    seed: number;
    batch: number;
    budget: { evaluations: number | null; oracle_calls: number | null; seconds: number | null };
    limits: string[];
    space: number;
  };
  counts: { asked: number; compiled: number; complete: number; shown: number };
  seconds: number;
  hypervolume: number;
  figures: Figure[];
  keys: Key[];
  points: { id: number[]; keys: number[][]; figures: number[][] };
  front: number[]; // places in the points
  base: number | null; // likewise: the point nearest to the base platform
  outside: { what: string; count: number }[];
  moved_by: { key: string; share: number }[][];
  history: { evaluated: number[]; hypervolume: number[] };
}

export function isStudies(held: unknown[]): held is Study[] {
  return (held[0] as Partial<Study> | undefined)?.schema === 'blendsim.study_page/1';
}

export function figureText(figure: Figure, value: number): string {
  if (['s', 'J', 'W', 'Hz'].includes(figure.unit)) return engineering(value, figure.unit);
  if (figure.unit === 'share') return percent(value);
  return grouped(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
}

export const objectives = (study: Study): Figure[] => study.figures.filter((figure) => figure.goal !== null);

// "rows=32" of each key in which a point differs from the base platform; what is of the network has no base.
export function differences(study: Study, point: number): string[] {
  return study.keys.flatMap((key, k) => {
    const value = study.points.keys[k][point];
    return value === key.base ? [] : [`${key.name}=${key.values[value]}`];
  });
}

// What the point of the base platform is called: a space may lack some of the platform's values.
export function baseName(study: Study): string {
  return study.base !== null && differences(study, study.base).length === 0
    ? 'the base platform'
    : 'nearest to the base platform';
}

// As a shell takes it.
const word = (text: string): string => (/^[\w./+:@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export function takeCommand(study: Study, point: number): string {
  return `blendsim explore ${word(study.command)} --take ${study.points.id[point]} -o mine.yaml`;
}
