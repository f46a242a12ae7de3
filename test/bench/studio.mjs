/**
 * `node test/bench/studio.mjs [--page]`: the Studio's work between an input and the drawing, without and (--page, in
 * Chromium) with the page: a 7 B model's 300 tensors × 8 tasks, and 2,000 × 20. Limit: 50 ms from an input to the frame
 * that shows it, for the former.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SIZES = [
  { tensors: 300, tasks: 8 },
  { tensors: 2000, tasks: 20 },
];
const RUNS = 31;

const entry = `
export { StudioModel } from './webview/studio/model/studioModel.ts';
export { onlyStep } from './webview/studio/model/history.ts';
export { SlotRows } from './webview/studio/model/slotRows.ts';
export { bitsByCell, slotsByTensor, totalsBy } from './webview/studio/model/cells.ts';
export { withWish } from './webview/studio/model/rules.ts';
export { sampleTable } from './test/pages/harness/sampleTable.ts';`;
const { outputFiles } = await build({
  stdin: { contents: entry, resolveDir: ROOT, loader: 'ts' },
  bundle: true,
  write: false,
  format: 'esm',
});
const studio = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);

console.log(
  `${cpus().length} x ${cpus()[0].model}, Node ${process.version}; median / worst of ${RUNS}, ms\n`,
);
const title = cells => cells.map(cell => cell.padStart(17)).join('');
console.log(
  `tensors x tasks${title(['measured table', 'drag: allocation', 'grid and bars', '40 rows', 'pin', 'sort'])}`,
);
for (const size of SIZES) report(size);
if (process.argv.includes('--page')) await reportPage();

function report({ tensors, tasks }) {
  const table = studio.sampleTable({ tensors, tasks });
  const initial = { budget: '2bpw', measure: 'auto', rules: [] };
  const make = () => new studio.StudioModel(table, studio.onlyStep(initial), initial, () => undefined);
  const model = make();
  const { allocation, grid } = model;
  const rows = new studio.SlotRows(allocation);
  const slots = studio.slotsByTensor(allocation, undefined);
  const query = { search: '', sort: 'error', descending: true };
  const { smallest, largest } = allocation.range;
  const size = i => smallest * (largest / smallest) ** ((i % RUNS) / RUNS);
  const names = table.tensors.map(({ name }) => name);
  const times = [
    make,
    i => model.drag(size(i), 'drag'),
    () => {
      studio.bitsByCell(allocation, grid, slots, model.spent);
      studio.totalsBy(allocation, slots, model.spent, model.sensitivity, t => String(table.tensors[t].layer));
    },
    i => {
      for (let slot = i; slot < i + 40; slot++) rows.row(slot, model.spent, model.sensitivity);
    },
    i => {
      const wanted = i % 2 === 0 ? { bits: 3 } : { bits: 'auto' };
      const target = [{ tensors: names[i % names.length] }];
      model.change({ rules: studio.withWish(model.spending.rules, target, wanted) });
    },
    () => rows.select(query, model.spent, model.sensitivity),
  ].map(measured);
  console.log(`${`${tensors} x ${tasks}`.padEnd(15)}${title(times)}`);
}

/** "median / worst", after half as many to warm up. */
function measured(work) {
  for (let i = 0; i < RUNS >> 1; i++) work(i);
  const times = Array.from({ length: RUNS }, (_, i) => {
    const started = performance.now();
    work(i);
    return performance.now() - started;
  });
  return spread(times);
}

function spread(times) {
  times.sort((a, b) => a - b);
  return [times[times.length >> 1], times.at(-1)].map(time => time.toFixed(time < 10 ? 1 : 0)).join(' / ');
}

/** From a key press or pointer move to the frame after it, measured in the page itself. */
async function reportPage() {
  const { chromium } = await import('playwright-core');
  const { serve } = await import('../pages/harness/serve.mjs');
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const server = await serve({
    main: 'webview/studio/main.ts',
    page: 'test/pages/harness/studioPage.ts',
  });
  console.log(`\nin Chromium     ${title(['opened', 'key to frame', 'drag to frame', 'pin to frame'])}`);
  for (const { tensors, tasks } of SIZES) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const started = performance.now();
    await page.goto(`${server.url}?still&tensors=${tensors}&tasks=${tasks}`);
    await page.getByTestId('tvq-row').first().waitFor();
    const opened = (performance.now() - started).toFixed(0);
    const keys = await page.evaluate(inputToFrame, { runs: RUNS, kind: 'key' });
    const drags = await page.evaluate(inputToFrame, { runs: RUNS, kind: 'drag' });
    const pins = await page.evaluate(inputToFrame, { runs: RUNS, kind: 'pin' });
    console.log(
      `${`${tensors} x ${tasks}`.padEnd(16)}${title([opened, ...[keys, drags, pins].map(spread)])}`,
    );
    await page.close();
  }
  await browser.close();
  await server.close();
}

/** Runs in the page: the time from an input until the changed frame was drawn. */
async function inputToFrame({ runs, kind }) {
  const { document, window, KeyboardEvent, PointerEvent, requestAnimationFrame, setTimeout } = globalThis;
  const dot = document.querySelector('[data-testid=tvq-budget-dot]');
  const plot = dot.parentElement;
  const box = plot.getBoundingClientRect();
  const send = {
    key: i =>
      dot.dispatchEvent(new KeyboardEvent('keydown', { key: i % 2 ? 'PageUp' : 'PageDown', bubbles: true })),
    drag: i => {
      const clientX = box.left + box.width * (0.2 + (0.6 * i) / runs);
      plot.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY: box.top + 50, bubbles: true }));
    },
    pin: i => {
      document.querySelectorAll('[data-testid=tvq-bits-grid] .heat-cell:not(.none)')[i].click();
      document.querySelectorAll('[data-testid=tvq-menu] button')[4].click();
    },
  }[kind];
  plot.setPointerCapture = () => undefined;
  if (kind === 'drag')
    plot.dispatchEvent(
      new PointerEvent('pointerdown', {
        clientX: box.left + 100,
        clientY: box.top + 50,
        button: 0,
        pointerId: 1,
        bubbles: true,
      }),
    );
  const times = [];
  for (let i = 0; i < runs; i++) {
    await new Promise(resolve => setTimeout(resolve, 40));
    const started = window.performance.now();
    send(i);
    // The page paints in the next frame's callbacks; a task after that runs once the frame is submitted.
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 0)));
    times.push(window.performance.now() - started);
  }
  if (kind === 'drag') plot.dispatchEvent(new PointerEvent('pointerup', { bubbles: true }));
  return times;
}
