// Dark and light, wide and narrow.

import { must, until } from './browser.mjs';
import { setTheme } from './graphiql.mjs';

export async function themes(page, shoot) {
  const light = await brightness(page);
  await setTheme(page, 'Dark');
  await shoot('dark');
  const dark = await brightness(page);
  const contrast = await contrastOfComments(page);
  await setTheme(page, 'Light');
  const back = await brightness(page);
  must([...light, ...back].every((value) => value > 200), 'the light theme is dark');
  must(dark.every((value) => value < 80), 'the dark theme is light');
  must(contrast >= 4.5, `in the dark theme, comments have a contrast of ${contrast}`);
}

/** As WCAG 2 has it. */
const contrastOfComments = (page) =>
  page.evaluate(() => {
    const luminance = (color) => {
      const [r, g, b] = color.match(/\d+/g).slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const words = [...document.querySelectorAll('.graphiql-query-editor .view-line span span')];
    const comment = words.find(({ textContent }) => textContent.startsWith('#'));
    const text = luminance(getComputedStyle(comment).color);
    const paper = luminance(getComputedStyle(document.querySelector('.graphiql-editors')).backgroundColor);
    return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
  });

/** Of the page with the bar, and of GraphiQL: 0 to 255. */
const brightness = (page) =>
  page.evaluate(() =>
    ['body', '.graphiql-container'].map((part) => {
      const color = getComputedStyle(document.querySelector(part)).backgroundColor;
      return Math.max(...color.match(/\d+/g).slice(0, 3).map(Number));
    }));

/** Nothing is cut, and no field makes a phone zoom in. The editors adapt a moment later. */
export async function fits(page, width) {
  await page.setViewportSize({ ...page.viewportSize(), width });
  const measure = () =>
    page.evaluate(() => {
      const parts = ['#token', '#token-toggle', '#cost', '.graphiql-execute-button', '.graphiql-response'];
      const isCut = (part) => {
        const { left, right, width } = document.querySelector(part).getBoundingClientRect();
        return width === 0 || left < 0 || right > innerWidth;
      };
      return { width: document.documentElement.scrollWidth, cut: parts.filter(isCut) };
    });
  let found;
  await until(async () => {
    found = await measure();
    return found.width <= width && found.cut.length === 0;
  }, () => `in a window of ${width}, the page is ${found.width} wide, and this is cut: ${found.cut}`);
  const font = await page.locator('#token').evaluate((field) => parseFloat(getComputedStyle(field).fontSize));
  must(font >= 16, `the token's field has a font of ${font}px`);
  const close = await page.locator('.graphiql-tab-active .graphiql-tab-close').boundingBox();
  must(Math.min(close.width, close.height) >= 24, `a tab is closed by ${close.width} × ${close.height} px`);
}

/** Up to this width, the result is below the query: side by side, neither shows a line. */
export async function stacks(page, width) {
  const places = () =>
    page.evaluate(() =>
      ['.graphiql-query-editor', '.graphiql-response'].map((part) => {
        const { left, top, bottom } = document.querySelector(part).getBoundingClientRect();
        return { left, top, bottom };
      }));
  for (const [wide, below] of [[width, true], [width + 1, false]]) {
    await page.setViewportSize({ ...page.viewportSize(), width: wide });
    await until(async () => {
      const [query, result] = await places();
      return (result.top >= query.bottom) === below;
    }, `in a window of ${wide}, the result is ${below ? 'not ' : ''}below the query`);
  }
}
