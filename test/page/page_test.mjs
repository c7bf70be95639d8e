// node page_test.mjs PAGE.html REPORT.json [SCREENSHOTS]: the page of one report with its timeline.
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Checks, launch, open } from './browser.mjs';
import { says, valueAt } from './numbers.mjs';

const [, , file, json, shots] = process.argv;
const report = JSON.parse(readFileSync(json, 'utf8'));
const browser = await launch();
const checks = new Checks();
const views = ['headline', 'timeline', 'stalls', 'layers', 'roofline', 'time', 'energy', 'resources', 'assumptions'];

async function looks() {
  for (const width of [1000, 400]) {
    for (const scheme of ['light', 'dark']) {
      const { page, wrong, close } = await open(browser, file, { width, scheme });
      const name = `${width}-${scheme}`;
      checks.check(`${name}: nothing goes wrong`, wrong.length === 0, wrong.join('; '));
      checks.check(
        `${name}: no view is wider than the window`,
        (await page.evaluate(() => document.documentElement.scrollWidth)) <= width,
      );
      const order = await page.$$eval('section', (all) => all.map((one) => one.id));
      checks.check(`${name}: every view, in order`, order.join() === views.join(), order.join());
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = background
        .match(/\d+/g)
        .map(Number)
        .every((part) => part > 128);
      checks.check(`${name}: its colours`, light === (scheme === 'light'), background);
      const cutOff = await page.$$eval('section svg text', (texts) =>
        texts
          .filter((text) => {
            const box = text.getBoundingClientRect(),
              svg = text.ownerSVGElement.getBoundingClientRect();
            return (
              box.width > 0 &&
              (box.left < svg.left - 1 ||
                box.right > svg.right + 1 ||
                box.top < svg.top - 2 ||
                box.bottom > svg.bottom + 2)
            );
          })
          .map((text) => text.textContent),
      );
      checks.check(`${name}: no text leaves its figure`, cutOff.length === 0, cutOff.slice(0, 5).join(' | '));
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
      }
      await close();
    }
  }
}

async function numbers(page) {
  const fields = await page.$$eval('[data-path]', (all) =>
    all.map((one) => [one.dataset.path, one.dataset.format, one.textContent]),
  );
  for (const [path, format, text] of fields) {
    checks.check(
      `${path} as ${format}`,
      says(text, valueAt(report, path), format),
      `page '${text}', JSON ${valueAt(report, path)}`,
    );
  }
  const paths = new Set(fields.map(([path]) => path));
  const wanted = [
    'cycles',
    'latency_s',
    'power.total_w',
    'power.energy_per_inference_j',
    'efficiency.gops',
    'resources.lut',
  ];
  for (const unit of Object.keys(report.units))
    wanted.push(`units.${unit}.busy`, `units.${unit}.stall_dependency`, `units.${unit}.idle`);
  report.layers.forEach((_, i) => wanted.push(`layers.${i}.cycles`, `layers.${i}.critical_cycles`));
  for (const path of wanted) checks.check(`${path} is shown`, paths.has(path));
}

async function alternatives(page) {
  const unnamed = await page.$$eval(
    'svg, canvas.timeline, .curve',
    (all) => all.filter((one) => !one.closest('[aria-label]') && !one.getAttribute('aria-label')).length,
  );
  checks.check('every figure has a text alternative', unnamed === 0, `${unnamed} have none`);
  const nameless = await page.$$eval(
    'button',
    (all) => all.filter((one) => !one.textContent.trim() && !one.getAttribute('aria-label')).length,
  );
  checks.check('every button has a name', nameless === 0);
  const contrast = await page.evaluate(() => {
    const channel = (part) => {
      const v = part / 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    };
    const luminance = (colour) => {
      const [r, g, b] = colour
        .match(/[\d.]+/g)
        .map(Number)
        .map(channel);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const section = luminance(getComputedStyle(document.querySelector('section')).backgroundColor);
    return Math.min(
      ...[...document.querySelectorAll('section p, section dt, section dd, section a, section summary')].map((one) => {
        const text = luminance(getComputedStyle(one).color);
        return (Math.max(text, section) + 0.05) / (Math.min(text, section) + 0.05);
      }),
    );
  });
  checks.check('text is legible (WCAG AA: 4.5 to 1)', contrast >= 4.5, contrast.toFixed(2));
}

// The cycles that the timeline shows, from its own line of text.
const windowOf = async (page) =>
  (await page.textContent('.window'))
    .match(/[\d,]+/g)
    .slice(0, 2)
    .map((text) => Number(text.replaceAll(',', '')));

async function slicePlace(page, unit) {
  // A busy slice of the unit, and where it lies: the first interval that is busy and long.
  const lane = report.timeline.main.intervals[unit];
  let from = 0,
    found = null,
    record = 0;
  lane.activity.forEach((activity, i) => {
    record += lane.record[i];
    if (!found && activity === 0 && lane.cycles[i] > report.cycles / 400)
      found = { from, to: from + lane.cycles[i], record };
    from += lane.cycles[i];
  });
  const units = Object.keys(report.timeline.main.intervals);
  const box = await page.locator('canvas.timeline').boundingBox();
  const [low, high] = await windowOf(page);
  const left = 104;
  const x = left + (((found.from + found.to) / 2 - low) / (high - low)) * (box.width - left);
  // axis 22 + 4, critical path 16 + 8, then rows of 26 + 8
  const y = 26 + 24 + units.indexOf(unit) * 34 + 13;
  return { ...found, x: box.x + x, y: box.y + y };
}

async function pointing(page) {
  const unit = Object.entries(report.units).sort((a, b) => b[1].busy - a[1].busy)[0][0];
  await page.locator('canvas.timeline').scrollIntoViewIfNeeded();
  const slice = await slicePlace(page, unit);
  await page.mouse.move(slice.x, slice.y);
  const tip = await page.textContent('.tip');
  const { instructions } = report.timeline.main;
  const layer = report.layers[instructions.layer[slice.record % instructions.layer.length]].name;
  checks.check(
    'hovering names the instruction and its layer',
    tip.includes(`${unit} #${slice.record % instructions.layer.length}`) && tip.includes(layer),
    tip,
  );
  checks.check(
    'hovering says when it started and why then',
    tip.includes(`Started in ${slice.from.toLocaleString('en-US')}`),
    tip,
  );
  await page.mouse.click(slice.x, slice.y);
  const code = await page.textContent('.disassembly');
  checks.check(
    'a click shows the instruction',
    code === instructions.text[slice.record % instructions.text.length],
    code,
  );
  const cause = page.locator('.chain button').first();
  if ((await cause.count()) > 0) {
    const name = await cause.textContent();
    await cause.click();
    checks.check('what released it is a click away', (await page.textContent('.panel strong')) === name, name);
  }
}

async function zooming(page) {
  const everything = await windowOf(page);
  checks.check(
    'at first everything is shown',
    everything[0] === 0 && everything[1] === report.timeline.main.end,
    everything.join(),
  );
  await page.click('button[aria-label="Zoom in"]');
  await page.waitForFunction(
    (whole) =>
      document
        .querySelector('.window')
        .textContent.match(/[\d,]+/g)[1]
        .replaceAll(',', '') < whole,
    everything[1],
  );
  const half = await windowOf(page);
  checks.check('zooming in halves the window', Math.abs((half[1] - half[0]) * 2 - everything[1]) <= 2, half.join());
  await page.locator('canvas.timeline').focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForTimeout(100);
  const right = await windowOf(page);
  checks.check(
    'the right arrow moves to the right',
    right[0] > half[0] && Math.abs(right[1] - right[0] - (half[1] - half[0])) <= 1,
    right.join(),
  );
  await page.keyboard.press('0');
  await page.waitForTimeout(100);
  checks.check('0 shows everything again', (await windowOf(page)).join() === everything.join());
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('n');
  checks.check('the keys choose a slice', (await page.locator('.panel strong').count()) === 1);
  const box = await page.locator('canvas.timeline').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 60);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -100);
  await page.keyboard.up('Control');
  await page.waitForTimeout(100);
  const wheel = await windowOf(page);
  checks.check('Ctrl and wheel zoom', wheel[1] - wheel[0] < everything[1], wheel.join());
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 80, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(100);
  checks.check('dragging moves', (await windowOf(page))[0] < wheel[0], (await windowOf(page)).join());
  await page.keyboard.press('Escape');
  await page.click('button[aria-label="Show everything"]');
  await page.waitForTimeout(100);
}

async function theme(page) {
  const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.click('.theme');
  checks.check(
    'the theme can be changed',
    before !== (await page.evaluate(() => getComputedStyle(document.body).backgroundColor)),
  );
}

const size = statSync(file).size;
checks.check('the page is below 300 KB', size < 300_000, `${size} bytes`);
await looks();
const { page, wrong, close } = await open(browser, file, { width: 1000 });
const ready = Number(await page.getAttribute('main', 'data-ready'));
console.log(`${size} bytes, ready after ${ready} ms`);
await numbers(page);
await alternatives(page);
await zooming(page);
await pointing(page);
await theme(page);
checks.check('nothing went wrong meanwhile', wrong.length === 0, wrong.join('; '));
await close();
await browser.close();
checks.finish();
