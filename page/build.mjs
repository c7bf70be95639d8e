// Builds the page's script and style into ../src/page/bundle/ (or into the folder given), which is committed.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, '../src/page/bundle');
const bundled = async (options) => {
  const result = await build({
    bundle: true,
    minify: true,
    write: false,
    legalComments: 'inline',
    target: 'es2022',
    absWorkingDir: here,
    ...options,
  });
  return result.outputFiles[0].text;
};

const license = readFileSync(join(here, 'node_modules/uplot/LICENSE'), 'utf8').split('\n')[2].trim();
const head = `/* SPDX-License-Identifier: Apache-2.0. Built from page/; do not edit. Holds uPlot: MIT, ${license} */\n`;
const script = head + (await bundled({ entryPoints: ['src/main.ts'], format: 'iife' }));
const style = head + (await bundled({ entryPoints: ['src/style.css'] }));
// Both stand inside an HTML file and, before that, in a string of C++.
for (const text of [script, style]) {
  if (/<\/(script|style)|<!--|\)bundle"/i.test(text))
    throw new Error('the bundle holds a text that ends its container');
}
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'page.js'), script);
writeFileSync(join(out, 'page.css'), style);
console.log(`page.js ${script.length} bytes, page.css ${style.length} bytes`);
