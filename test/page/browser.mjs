// The page in headless Chromium through playwright-core. A check has a name; a failed one says what it saw.
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const skipped = 77;

export function skip(why) {
  console.log(`SKIPPED: ${why}`);
  process.exit(skipped);
}

// The browser: BLENDSIM_CHROMIUM, or where Debian has it.
export async function launch() {
  const binary =
    process.env.BLENDSIM_CHROMIUM ??
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!binary || !existsSync(binary)) skip('no Chromium (apt install chromium)');
  let playwright;
  try {
    playwright = await import('../../page/node_modules/playwright-core/index.mjs');
  } catch {
    skip('no playwright-core (npm ci in page/)');
  }
  return playwright.chromium.launch({ executablePath: binary, args: ['--no-sandbox'] });
}

// A page that keeps what went wrong in it: console errors, exceptions, requests beyond the file itself.
export async function open(browser, file, { width, scheme = 'light' }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') wrong.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`exception: ${error.message}`));
  const url = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url() !== url) wrong.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  await page.waitForSelector('main[data-ready]', { timeout: 60_000 });
  // Two frames: what observers of sizes draw is there.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return { page, wrong, close: () => context.close() };
}

export class Checks {
  failed = 0;
  passed = 0;
  check(name, holds, saw = '') {
    if (holds) return void ++this.passed;
    ++this.failed;
    console.log(`FAILED: ${name}${saw === '' ? '' : `: ${saw}`}`);
  }
  finish() {
    console.log(`${this.passed} checks passed, ${this.failed} failed`);
    process.exit(this.failed === 0 ? 0 : 1);
  }
}
