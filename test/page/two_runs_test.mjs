// node two_runs_test.mjs PAGE.html A.json B.json [SCREENSHOTS]: two runs side by side.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Checks, launch, open } from './browser.mjs';
import { checkFigures, ticksOf } from './looks.mjs';
import { says, valueAt } from './numbers.mjs';

const [, , file, a, b, shots] = process.argv;
const reports = { A: JSON.parse(readFileSync(a, 'utf8')), B: JSON.parse(readFileSync(b, 'utf8')) };
const browser = await launch();
const checks = new Checks();

// The column of differences is to be seen without scrolling, and no name takes more than two lines.
async function comparison(page, width) {
  const tables = await page.$$eval('.comparison', (all) =>
    all.map((table) => {
      const room = table.parentElement.getBoundingClientRect();
      const cells = [...table.rows].map((row) => row.cells[row.cells.length - 1].getBoundingClientRect());
      const names = [...table.querySelectorAll('tbody th')].map((cell) => cell.getBoundingClientRect().height);
      return { over: Math.max(...cells.map((cell) => cell.right)) - room.right, tallest: Math.max(...names) };
    }),
  );
  checks.check(
    `${width}: the differences are to be seen`,
    tables.length > 0 && tables.every(({ over }) => over <= 1),
    JSON.stringify(tables),
  );
  const lines = width >= 800 ? 1 : 2;
  checks.check(
    `${width}: a name takes ${lines} line(s)`,
    tables.every(({ tallest }) => tallest < 10 + 21 * lines),
    JSON.stringify(tables),
  );
}

// Beside each other both runs' cards stand in one line, and their layers have one scale.
async function aligned(page, width) {
  const tops = await page.$$eval('#headline .tiles', (all) =>
    all.map((tiles) => [...tiles.children].map((tile) => Math.round(tile.getBoundingClientRect().top))),
  );
  checks.check(
    `${width}: cards stand in line`,
    tops.length === 2 && tops[0].join() === tops[1].join(),
    tops.join(' | '),
  );
  const wide = await page.$$eval('#headline .tile .value', (all) =>
    all.filter((value) => value.scrollWidth > value.clientWidth).map((value) => value.textContent),
  );
  checks.check(`${width}: values stay in their cards`, wide.length === 0, wide.join());
  const svgs = await page.$$eval('#layers svg', (all) => all.map((svg) => Math.round(svg.getBoundingClientRect().top)));
  checks.check(`${width}: layers stand in line`, svgs.length === 2 && svgs[0] === svgs[1], svgs.join());
}

// Above each run stands what it has otherwise than the other one, and no more; so do the causes.
async function causes(page) {
  const parameters = (run) => reports[run].platform.parameters;
  const keys = Object.keys(parameters('A')).filter((key) => parameters('A')[key] !== parameters('B')[key]);
  const seed = (run) => reports[run].run.stall_seed;
  for (const run of ['A', 'B']) {
    const own = keys.map((key) => `${key}=${parameters(run)[key]}`);
    if (seed(run) !== null && seed('A') !== seed('B')) own.unshift(`--stalls ${seed(run)}`);
    const badges = await page.$$eval('.badge', (all) => all.map((one) => one.textContent));
    const mine = badges.filter((text) => text.startsWith(`${run} `));
    checks.check(
      `${run}: its heading is what differs`,
      mine.length > 0 && mine.every((text) => text.endsWith(` with ${own.join(', ')}`)),
      `${mine[0]}, wanted ${own}`,
    );
  }
  const several = reports.A.input.images > 1;
  const titles = await page.$$eval('#layers th', (all) => all.map((one) => one.textContent));
  checks.check('which images are meant', titles.includes('critical, all images') === several, titles.join());
  const stalls = await page.$eval('#stalls .caption', (one) => one.textContent);
  checks.check('what dispatch holds', stalls.includes('the next doorbell') === several, stalls);
  const rows = await page.$$eval('#headline details tbody tr', (all) => all.map((row) => row.cells[0].textContent));
  checks.check('causes', JSON.stringify(rows) === JSON.stringify(['options', ...keys]), JSON.stringify(rows));
}

for (const width of [1440, 1000, 800, 400]) {
  const { page, wrong, close } = await open(browser, file, { width });
  checks.check(`${width}: nothing goes wrong`, wrong.length === 0, wrong.join('; '));
  checks.check(
    `${width}: no view is wider than the window`,
    (await page.evaluate(() => document.documentElement.scrollWidth)) <= width,
  );
  const fields = await page.$$eval('[data-path]', (all) =>
    all.map((one) => [one.dataset.run, one.dataset.path, one.dataset.format, one.textContent]),
  );
  for (const [run, path, format, text] of fields) {
    checks.check(
      `${run} ${path}`,
      says(text, valueAt(reports[run], path), format),
      `page '${text}', JSON ${valueAt(reports[run], path)}`,
    );
  }
  await checkFigures(checks, page, String(width));
  await comparison(page, width);
  await causes(page);
  if (width >= 800) await aligned(page, width);
  const [ticksA, ticksB] = await ticksOf(page, '#layers');
  checks.check(
    `${width}: layers of both have one scale`,
    JSON.stringify(ticksA) === JSON.stringify(ticksB),
    JSON.stringify([ticksA, ticksB]),
  );
  for (const run of ['A', 'B'])
    checks.check(
      `${width}: ${run} has fields`,
      fields.some(([of]) => of === run),
    );
  const rows = await page.$$eval('.comparison tbody tr', (all) =>
    all.map((row) => [...row.cells].map((cell) => cell.textContent)),
  );
  const [, , , difference] = rows.find(([name]) => name === 'cycles');
  const more = reports.B.cycles - reports.A.cycles;
  checks.check(
    `${width}: the difference of cycles`,
    more === 0 ? difference === '=' : difference.replaceAll(',', '').includes(String(Math.abs(more))),
    difference,
  );
  checks.check(`${width}: two timelines`, (await page.locator('canvas.timeline').count()) === 2);
  // One window of time for both.
  await page.locator('button[aria-label="Zoom in"]').first().click();
  await page.waitForTimeout(150);
  const windows = await page.$$eval('.window', (all) => all.map((one) => one.textContent.split(':')[0]));
  checks.check(
    `${width}: they share their window`,
    windows.length === 2 && windows[0] === windows[1],
    windows.join(' | '),
  );
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `two-${width}.png`), fullPage: true });
  }
  await close();
}
await browser.close();
checks.finish();
