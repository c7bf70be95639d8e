// node speed_test.mjs PAGE.html SECONDS: opens within SECONDS, and a zoom costs less than a twentieth of one.
// What counts is the processor time of the page's thread, since other work on the machine changes the wall time.
import { Checks, launch } from './browser.mjs';
import { pathToFileURL } from 'node:url';

const [, , file, limit] = process.argv;
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
const session = await page.context().newCDPSession(page);
await session.send('Performance.enable', { timeDomain: 'threadTicks' });
const spent = async () =>
  (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
const frames = () =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const checks = new Checks();

const begin = Date.now();
await page.goto(pathToFileURL(file).href);
await page.waitForSelector('main[data-ready]', { timeout: 120_000 });
await frames();
const opened = await spent();
console.log(
  `opened in ${opened.toFixed(3)} s of processor time, ${((Date.now() - begin) / 1000).toFixed(3)} s of wall time`,
);
checks.check(`opens in less than ${limit} s`, opened < Number(limit), `${opened} s`);

const zooms = 10;
const before = await spent();
for (let i = 0; i < zooms; ++i) {
  await page.click(`button[aria-label="${i < zooms / 2 ? 'Zoom in' : 'Zoom out'}"]`);
  await frames();
}
const zoom = ((await spent()) - before) / zooms;
console.log(`a zoom costs ${(1000 * zoom).toFixed(1)} ms`);
checks.check('a zoom costs less than 50 ms', zoom < 0.05, `${(1000 * zoom).toFixed(1)} ms`);
await browser.close();
checks.finish();
