// node without_times_test.mjs PAGE.html: a report that kept no times shows all but the timeline, and says how to
// get it.
import { Checks, launch, open } from './browser.mjs';

const browser = await launch();
const checks = new Checks();
const { page, wrong } = await open(browser, process.argv[2], { width: 1000 });
checks.check('nothing goes wrong', wrong.length === 0, wrong.join('; '));
checks.check('no timeline', (await page.locator('canvas.timeline').count()) === 0);
checks.check('it says how to get one', (await page.textContent('#timeline')).includes('--records'));
for (const view of ['headline', 'stalls', 'layers', 'roofline', 'energy', 'resources', 'assumptions']) {
  checks.check(`${view} is there`, (await page.locator(`#${view}`).boundingBox()).height > 100);
}
await browser.close();
checks.finish();
