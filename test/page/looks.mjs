// What every page is held to in every width: legible figures, and work that cannot be taken for a wait.

// Texts of one figure that lie on one another.
export const overlapping = (page) =>
  page.$$eval('section svg', (figures) =>
    figures.flatMap((figure) => {
      const texts = [...figure.querySelectorAll('text:not([transform])')]
        .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
        .filter(({ text, box }) => text !== '' && box.width > 0);
      const out = [];
      texts.forEach((a, i) => {
        for (const b of texts.slice(i + 1)) {
          const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
          const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
          if (across > 1 && down > 2) out.push(`'${a.text}' and '${b.text}'`);
        }
      });
      return out;
    }),
  );

// Names of the ceilings of memory that a line goes through: the line is cut with the text's own box, turned back.
export const struck = (page) =>
  page.$$eval('#roofline svg', (figures) =>
    figures.flatMap((figure) => {
      const names = [...figure.querySelectorAll('.ceiling-name')];
      const lines = [...figure.querySelectorAll('line.ceiling')];
      const meets = (name, line) => {
        const box = name.getBBox();
        const back = name.getCTM().inverse().multiply(line.getCTM());
        const end = (n) => new DOMPoint(line[`x${n}`].baseVal.value, line[`y${n}`].baseVal.value).matrixTransform(back);
        const [a, b] = [end(1), end(2)];
        return Array.from({ length: 2001 }, (_, i) => i / 2000).some((t) => {
          const [x, y] = [a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t];
          return x > box.x && x < box.x + box.width && y > box.y + 2 && y < box.y + box.height - 2;
        });
      };
      return names.filter((name) => lines.some((line) => meets(name, line))).map((name) => name.textContent);
    }),
  );

// Of each figure with an axis, its ticks from left to right.
export const ticksOf = (page, view) =>
  page.$$eval(`${view} svg:not([aria-hidden])`, (figures) =>
    figures.map((figure) =>
      [...figure.querySelectorAll('.tick.middle:not([transform])')].map((tick) => ({
        text: tick.textContent,
        x: Math.round(
          tick.getBoundingClientRect().left +
            tick.getBoundingClientRect().width / 2 -
            figure.getBoundingClientRect().left,
        ),
      })),
    ),
  );

export async function checkFigures(checks, page, name) {
  const over = await overlapping(page);
  checks.check(`${name}: no label lies on another`, over.length === 0, over.slice(0, 4).join(' | '));
  const through = await struck(page);
  checks.check(`${name}: no ceiling's name is struck through`, through.length === 0, through.join(' | '));
  for (const view of ['#layers', '#energy']) {
    const ticks = await ticksOf(page, view);
    checks.check(
      `${name}: each axis of ${view} has a tick beside 0`,
      ticks.length > 0 && ticks.every((one) => one.length >= 2),
      ticks.map((one) => one.map(({ text }) => text).join()).join(' | '),
    );
  }
  checks.check(`${name}: code is not in raw backticks`, !(await page.innerText('main')).includes('`'));
}

// The hue that a colour has: how far its channels lie apart.
export const chroma = (channels) => Math.max(...channels) - Math.min(...channels);

// Colours of work are hues, all different; those of waits greys.
export async function checkColours(checks, page, name, units) {
  const [work, waits] = await page.evaluate((all) => {
    const probe = document.body.appendChild(document.createElement('span'));
    const resolve = (variable) => {
      probe.style.color = `var(${variable})`;
      return getComputedStyle(probe).color.match(/\d+/g).map(Number);
    };
    const out = [all.map((unit) => resolve(`--unit-${unit}`)), ['--wait', '--wait-line', '--idle'].map(resolve)];
    probe.remove();
    return out;
  }, units);
  checks.check(
    `${name}: work has a hue`,
    work.every((colour) => chroma(colour) > 60),
    work.join(' | '),
  );
  checks.check(
    `${name}: waits have none`,
    waits.every((colour) => chroma(colour) < 26),
    waits.join(' | '),
  );
  checks.check(`${name}: a unit, a colour`, new Set(work.map(String)).size === units.length, work.join(' | '));
  const parts = await page.$$eval('#stalls rect.part', (all) =>
    all.map((part) => ({ activity: part.classList[1], fill: part.getAttribute('fill') })),
  );
  const wrong = parts.filter(({ activity, fill }) =>
    activity === 'busy'
      ? !/^var\(--unit-\w+\)$/.test(fill)
      : activity === 'idle'
        ? fill !== 'var(--idle)'
        : fill !== `url(#${activity})`,
  );
  checks.check(
    `${name}: the stack is of the same colours`,
    parts.length > 0 && wrong.length === 0,
    JSON.stringify(wrong.slice(0, 3)),
  );
  const patterns = await page.$$eval('pattern path', (all) => all.map((path) => path.getAttribute('d')));
  checks.check(`${name}: a cause, a hatching`, patterns.length === 5 && new Set(patterns).size === 5, patterns.join());
}
