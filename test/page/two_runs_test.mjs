// node two_runs_test.mjs PAGE.html A.json B.json [SCREENSHOTS]: two runs side by side.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Checks, launch, open } from './browser.mjs';
import { says, valueAt } from './numbers.mjs';

const [, , file, a, b, shots] = process.argv;
const reports = { A: JSON.parse(readFileSync(a, 'utf8')), B: JSON.parse(readFileSync(b, 'utf8')) };
const browser = await launch();
const checks = new Checks();
for (const width of [1000, 400]) {
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
