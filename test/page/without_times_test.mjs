// node without_times_test.mjs PAGE.html REPORT.json: a report that kept no times, of a machine that exceeds its device,
// shows all but the timeline and says how to get it; what fails stands out by a sign and a frame.
import { readFileSync } from 'node:fs';
import { Checks, launch, open } from './browser.mjs';
import { checkFigures } from './looks.mjs';

const [, , file, json] = process.argv;
const report = JSON.parse(readFileSync(json, 'utf8'));
const browser = await launch();
const checks = new Checks();
for (const scheme of ['light', 'dark']) {
  const { page, wrong, close } = await open(browser, file, { width: 1000, scheme });
  checks.check(`${scheme}: nothing goes wrong`, wrong.length === 0, wrong.join('; '));
  checks.check(`${scheme}: no timeline`, (await page.locator('canvas.timeline').count()) === 0);
  checks.check(`${scheme}: it says how to get one`, (await page.textContent('#timeline code')).includes('--records'));
  for (const view of ['headline', 'stalls', 'layers', 'roofline', 'energy', 'resources', 'assumptions']) {
    checks.check(`${scheme}: ${view} is there`, (await page.locator(`#${view}`).boundingBox()).height > 100);
  }
  await checkFigures(checks, page, scheme);
  checks.check('the report does not fit', report.resources.fits === false && report.resources.over.length > 0);
  const tile = await page.textContent('.tile.failed');
  checks.check(
    `${scheme}: what does not fit has a sign and its reasons`,
    tile.includes('\u2715') && report.resources.over.every((text) => tile.includes(text)),
    tile,
  );
  const looks = (of) =>
    page.$eval(of, (one) => {
      const style = getComputedStyle(one);
      return [style.backgroundColor, style.borderTopWidth, style.borderTopColor];
    });
  const [failed, other] = [await looks('.tile.failed'), await looks('.tile.estimated:not(.failed, .warned)')];
  checks.check(
    `${scheme}: its card differs in ground, frame and colour`,
    failed.every((part, i) => part !== other[i]),
    `${failed} | ${other}`,
  );
  checks.check(`${scheme}: resources say so`, (await page.textContent('#resources .bad')).includes('does not fit'));
  await close();
}
await browser.close();
checks.finish();
