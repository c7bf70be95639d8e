// node page_test.mjs PAGE.html REPORT.json [SCREENSHOTS]: the page of one report with its timeline.
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Checks, launch, open } from './browser.mjs';
import { checkColours, checkFigures, chroma } from './looks.mjs';
import { says, valueAt } from './numbers.mjs';

const [, , file, json, shots] = process.argv;
const report = JSON.parse(readFileSync(json, 'utf8'));
const browser = await launch();
const checks = new Checks();
const views = ['headline', 'timeline', 'stalls', 'layers', 'roofline', 'time', 'energy', 'resources', 'assumptions'];

async function looks() {
  for (const width of [1000, 800, 400]) {
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
      await checkFigures(checks, page, name);
      await checkColours(checks, page, name, Object.keys(report.units));
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
    'svg:not([aria-hidden]), canvas.timeline, .curve',
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

// A slice of the unit, and where it lies: the first that is long and whose activity is one of these.
async function slicePlace(page, unit, wanted = [0]) {
  const lane = report.timeline.main.intervals[unit];
  let from = 0,
    found = null,
    record = 0;
  lane.activity.forEach((activity, i) => {
    record += lane.record[i];
    if (!found && wanted.includes(activity) && lane.cycles[i] > report.cycles / 400)
      found = { from, to: from + lane.cycles[i], record };
    from += lane.cycles[i];
  });
  if (!found) return null;
  const units = Object.keys(report.timeline.main.intervals);
  const box = await page.locator('canvas.timeline').boundingBox();
  const [low, high] = await windowOf(page);
  const left = 104;
  const x = left + (((found.from + found.to) / 2 - low) / (high - low)) * (box.width - left);
  // axis 22 + 4, critical path 16 + 8, then rows of 26 + 8
  const y = 26 + 24 + units.indexOf(unit) * 34 + 13;
  return { ...found, x: box.x + x, y: box.y + y, column: x, row: y };
}

// The channels of the canvas' pixels around each place, apart from what is see-through.
const pixels = (page, places) =>
  page.$eval(
    'canvas.timeline',
    (canvas, all) => {
      const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return all.map(([x, y]) =>
        Array.from({ length: 18 }, (_, i) => 4 * ((y - 3 + Math.floor(i / 3)) * width + x - 1 + (i % 3)))
          .filter((at) => data[at + 3] === 255)
          .map((at) => [...data.slice(at, at + 3)]),
      );
    },
    places.map(({ column, row }) => [Math.round(column), Math.round(row)]),
  );

// On the canvas work has a hue and a wait has none. Nothing is pointed at, which would draw a frame.
async function paint(page) {
  const work = [],
    waits = [];
  for (const unit of Object.keys(report.units)) {
    const [busy, wait] = [await slicePlace(page, unit), await slicePlace(page, unit, [1, 2, 3, 4, 5])];
    // Above the name that a wide slice may hold; and in the lower half, where waits are.
    if (busy) work.push({ ...busy, unit, row: busy.row - 9 });
    if (wait) waits.push({ ...wait, unit, row: wait.row + 8 });
  }
  const found = await pixels(page, [...work, ...waits]);
  checks.check('there are work and waits to look at', work.length > 2 && waits.length > 2);
  work.forEach(({ unit }, i) =>
    checks.check(
      `work of ${unit} has its hue`,
      found[i].some((pixel) => chroma(pixel) > 40),
      found[i].join(' | '),
    ),
  );
  waits.forEach(({ unit }, i) => {
    const grey = found[work.length + i];
    const holds = grey.length > 0 && grey.every((pixel) => chroma(pixel) < 26);
    checks.check(`a wait of ${unit} is grey`, holds, grey.join(' | '));
  });
}

const legendTexts = (page) => page.$$eval('#timeline .legend li', (all) => all.map((one) => one.textContent));

// Init has no critical path, and its slices are named by the buffers that they fill.
async function init(page) {
  const before = await page.innerText('#timeline');
  checks.check('the legend names the critical path', before.includes('critical path'), before.slice(0, 300));
  await page.click('button[data-phase=init]');
  await page.waitForTimeout(100);
  const { init: phase } = report.timeline;
  checks.check(
    'init has no critical path in its legend',
    !(await page.innerText('#timeline')).includes('critical path'),
  );
  const seen = new Set(Object.values(phase.intervals).flatMap((lane) => lane.activity));
  const waits = (await legendTexts(page)).filter((text) => text.startsWith('waits'));
  checks.check(
    'the legend of init lists the waits that it has',
    waits.length === [1, 2, 3, 4, 5].filter((activity) => seen.has(activity)).length,
    waits.join(),
  );
  const buffers = Object.keys(report.memory.buffers);
  const box = await page.locator('canvas.timeline').boundingBox();
  const { activity, cycles, record: deltas } = phase.intervals.load;
  let from = 0,
    record = 0;
  for (const [i, length] of cycles.entries()) {
    record += deltas[i];
    from += length;
    if (activity[i] !== 0) continue;
    await page.mouse.move(box.x + 104 + ((from - length / 2) / phase.end) * (box.width - 104), box.y + 26 + 13);
    const wanted = buffers[Number(/buffer=(\d+)/.exec(phase.instructions.text[record])?.[1] ?? 0)];
    const tip = await page.textContent('.tip div');
    checks.check(`slice ${record} of init is named by its buffer`, tip === `load #${record} (${wanted})`, tip);
  }
  await page.click('button[data-phase=main]');
  await page.waitForTimeout(100);
}

// Words that are live, and what the compiler set aside, are told apart wherever either stands.
async function buffers(page) {
  const rows = await page.$$eval('.live tbody tr', (all) =>
    all.map((row) => [...row.cells].map((cell) => cell.textContent)),
  );
  checks.check('a row a buffer', rows.length === Object.keys(report.memory.buffers).length, rows.join(' | '));
  for (const [name, live, setAside] of rows) {
    const { peak_bits: peak, capacity_bits: capacity } = report.memory.buffers[name];
    let held = 0;
    const most = Math.max(...report.timeline.main.occupancy[name].bits.map((bits) => (held += bits)));
    checks.check(`${name}: live at most`, says(live, most / capacity, 'percent'), live);
    checks.check(`${name}: set aside`, says(setAside, peak / capacity, 'percent'), setAside);
  }
  for (const view of ['#time', '#resources'])
    checks.check(
      `${view} tells both apart`,
      /live/i.test(await page.textContent(view)) && /set aside/i.test(await page.textContent(view)),
    );
}

async function verdicts(page) {
  const warned = await page.$$eval('.tile.warned', (all) => all.map((one) => one.textContent));
  checks.check(
    'a clock above the estimate has a sign',
    report.clock.above_estimate ? warned.length === 1 && warned[0].includes('\u25b2') : warned.length === 0,
    warned.join(' | '),
  );
  const names = await page.$$eval('.point-name', (all) => all.map((one) => one.textContent));
  const known = (text) => {
    const end = text.replace(/ \+\d+$/, '').replace(/^\u2026/, '');
    return report.layers.some((layer) => layer.name.endsWith(end));
  };
  checks.check(
    'the largest layers of the roofline are named',
    names.length >= 3 && names.every(known),
    names.join(' | '),
  );
  const dram = report.layers.some((layer) => layer.macs > 0 && layer.dram_bytes > 0);
  checks.check(
    'the legend has DRAM where a point is of it',
    (await page.textContent('#roofline .legend')).includes('DRAM') === dram,
  );
  const heads = await page.$$eval('#energy thead th', (all) => all.map((one) => one.textContent));
  checks.check(
    'values with a unit of their own have none in the head',
    !heads.some((text) => /\bJ\b/.test(text)),
    heads.join(),
  );
  const said = await page.$$eval('#energy .caption', (all) => all.map((one) => one.textContent));
  checks.check('energies say what they are and what their whiskers are',
    said[0].startsWith('Estimated: ') && said[0].includes('Whiskers are the bands'), said[0]);
  checks.check('... and which window takes most', said.some((text) => /^At most ~[\d.]+\s?m?W over [\d,]+ cycles, in cycle [\d,]+ to [\d,]+; /.test(text)));
  checks.check('the sum of the rest is no bar', (await page.textContent('#energy .more')).includes('more come to'));
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
await paint(page);
await init(page);
await buffers(page);
await verdicts(page);
await pointing(page);
await theme(page);
checks.check('nothing went wrong meanwhile', wrong.length === 0, wrong.join('; '));
await close();
await browser.close();
checks.finish();
