// node study_test.mjs PAGE.html ALL.csv STUDY [SCREENSHOTS]: the page of a study of two minimised objectives, held
// against the table of its points.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Checks, launch, open } from './browser.mjs';
import { overlapping } from './looks.mjs';

const [, , file, csv, study, shots] = process.argv;
const [head, ...lines] = readFileSync(csv, 'utf8').trim().split('\n');
const names = head.split(',');
const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
const complete = rows.filter((row) => row.stage === 'complete');
const costs = (row) => [Number(row[names[5]]), Number(row[names[6]])];
const beats = (a, b) => a.every((cost, i) => cost <= b[i]) && a.some((cost, i) => cost < b[i]);
const verified = complete.filter((row) => row.verified === '1');
const front = verified
  .filter((row) => !verified.some((other) => beats(costs(other), costs(row))))
  .filter((row, i, all) => all.findIndex((other) => String(costs(other)) === String(costs(row))) === i)
  .map((row) => row.id);

const browser = await launch();
const checks = new Checks();
const views = ['study', 'scatter', 'parallel', 'front', 'outside', 'moved', 'progress'];
const sorted = (ids) => [...ids].sort((a, b) => a - b).join();
const ids = (page, of) => page.$$eval(of, (all) => all.map((one) => one.dataset.point));
const marks = (page, kind) =>
  page.$eval(`.scatter path.points.${kind}`, (path) => (path.getAttribute('d').match(/M/g) ?? []).length);

async function looks() {
  for (const width of [1200, 480]) {
    for (const scheme of ['light', 'dark']) {
      const { page, wrong, close } = await open(browser, file, { width, scheme });
      const name = `${width}-${scheme}`;
      checks.check(`${name}: nothing goes wrong, nothing is fetched`, wrong.length === 0, wrong.join('; '));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      checks.check(`${name}: no view is wider than the window`, wide <= width, wide);
      const order = await page.$$eval('section', (all) => all.map((one) => one.id));
      checks.check(`${name}: every view, in order`, order.join() === views.join(), order.join());
      const over = await overlapping(page);
      checks.check(`${name}: no label lies on another`, over.length === 0, over.slice(0, 4).join(' | '));
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
      }
      await close();
    }
  }
}

async function holdsTheJournal(page) {
  checks.check('a mark a complete point', (await marks(page, 'kept')) === complete.length, await marks(page, 'kept'));
  checks.check('none is dimmed', (await marks(page, 'dimmed')) === 0);
  for (const of of ['.scatter circle.front', '.parallel path.line', '#front tr[data-point]']) {
    const shown = await ids(page, of);
    checks.check(`${of}: the front`, sorted(shown) === sorted(front), `${sorted(shown)}, not ${sorted(front)}`);
  }
  const stairs = await page.$eval('.scatter .staircase', (path) => path.getAttribute('d').match(/H/g)?.length ?? 0);
  checks.check('a stair from each point to the next', stairs === front.length - 1, stairs);
  checks.check('the base platform is marked', (await page.locator('.scatter path.base').count()) === 1);
  const short = await page.innerText('#study');
  checks.check('the header counts them', short.includes(complete.length.toLocaleString('en-US')), short);
}

async function pointsAndChooses(page) {
  const differing = names.slice(7);
  for (const id of front) {
    const row = rows.find((one) => one.id === id);
    await page.locator('.scatter').scrollIntoViewIfNeeded();
    const at = await page.locator(`.scatter circle[data-point="${id}"]`).boundingBox();
    await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
    const tip = await page.innerText('.scatter .tip');
    checks.check(`pointing at ${id} names it`, tip.startsWith(`Point ${id},`), tip);
    const keys = await page.$$eval('.scatter .tip .key', (all) => all.map((one) => one.textContent));
    checks.check(
      `its keys have its values`,
      keys.every((text) => !text.includes('=') || differing.some((key) => text === `${key}=${row[key]}`)),
      keys.join(),
    );
  }
  const id = front[front.length - 1];
  const at = await page.locator(`.scatter circle[data-point="${id}"]`).boundingBox();
  await page.mouse.click(at.x + at.width / 2, at.y + at.height / 2);
  const command = await page.innerText('.chosen .command');
  checks.check('its command takes it', command === `blendsim explore ${study} --take ${id} -o mine.yaml`, command);
  checks.check('its row says so', (await ids(page, 'tr.is-chosen')).join() === id);
  checks.check('its line says so', (await ids(page, 'path.line.is-chosen')).join() === id);
  await page.focus('.scatter');
  const order = [...front].sort((a, b) => costs(rows.find((r) => r.id === a))[0] - costs(rows.find((r) => r.id === b))[0]);
  await page.keyboard.press('Escape');
  checks.check('Escape chooses none', (await page.locator('tr.is-chosen').count()) === 0);
  for (const step of order.slice(0, 2)) {
    await page.keyboard.press('ArrowRight');
    checks.check('the arrow walks along the front', (await ids(page, 'tr.is-chosen')).join() === step);
  }
}

// The left half of the first objective's axis.
async function brushes(page) {
  const axis = page.locator('.parallel g.axis').first();
  await axis.scrollIntoViewIfNeeded();
  const line = await axis.locator('line.scale').first().boundingBox();
  await page.mouse.move(line.x - 4, line.y);
  await page.mouse.down();
  await page.mouse.move(line.x + line.width / 4, line.y, { steps: 3 });
  await page.mouse.move(line.x + line.width / 2, line.y, { steps: 3 });
  await page.mouse.up();
  const values = front.map((id) => costs(rows.find((row) => row.id === id))[0]);
  const [low, high] = [Math.min(...values), (Math.min(...values) + Math.max(...values)) / 2];
  const inside = (row) => costs(row)[0] >= low && costs(row)[0] <= high;
  const out = front.filter((id) => !inside(rows.find((row) => row.id === id)));
  checks.check('there is something to dim', out.length > 0 && out.length < front.length, out.length);
  for (const of of ['.parallel path.line.dim', '.scatter circle.front.dim', '#front tr.dim']) {
    const dimmed = await ids(page, of);
    checks.check(`${of}: what lies outside the brush`, sorted(dimmed) === sorted(out), `${dimmed}, not ${out}`);
  }
  const kept = complete.filter(inside).length;
  checks.check('points outside are dimmed', (await marks(page, 'kept')) === kept, `${await marks(page, 'kept')}, ${kept}`);
  await page.click('#parallel .bar button');
  checks.check('clearing the brush dims none', (await page.locator('.dim').count()) === 0);
}

async function sorts(page) {
  for (const [column, of] of [[0, (row) => Number(row.id)], [2, (row) => costs(row)[1]]]) {
    await page.locator('#front thead button').nth(column).click();
    const shown = (await ids(page, '#front tr[data-point]')).map((id) => of(rows.find((row) => row.id === id)));
    checks.check(`column ${column} ascends`, shown.every((value, i) => i === 0 || value >= shown[i - 1]), shown.join());
    await page.locator('#front thead button').nth(column).click();
    const turned = (await ids(page, '#front tr[data-point]')).map((id) => of(rows.find((row) => row.id === id)));
    checks.check(`and descends`, turned.every((value, i) => i === 0 || value <= turned[i - 1]), turned.join());
  }
}

await looks();
const { page, wrong, close } = await open(browser, file, { width: 1000 });
await holdsTheJournal(page);
await pointsAndChooses(page);
await brushes(page);
await sorts(page);
checks.check('nothing went wrong meanwhile', wrong.length === 0, wrong.join('; '));
await close();
await browser.close();
checks.finish();
