/**
 * `node test/bench/inspector.mjs [--runs N]` after a build: opens a sparse .tvq file of five gigabytes in a real VS
 * Code, and scrolls to its end. Prints how long that takes, and the resident memory of the extension host, which reads
 * the header, and of the engine, which reads a tensor, before and after. Limits: 2 s until it is shown, 200 MB more in
 * the host.
 */
import { parseArgs } from 'node:util';
import { measureWindows, residentBytes, running, timed, typescript } from './window.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const FILE = { tasks: 33, blocks: 24, width: 1024, bits: 4 };
const WEIGHT = 'resblocks.7.mlp.c_fc.weight';
/** A window that has just opened is still loading. */
const SETTLE_MS = 5000;
/** Number of positions where the table is checked on the way. */
const STOPS = 40;

const { writeSparseTvq } = await typescript('../sparseTvq.ts');
const { InspectorPage } = await typescript('../e2e/harness/inspectorPage.ts');

await measureWindows(Number(values.runs), measure);

/** A fresh window, and the cost of the file in it. Times in ms, memory in bytes. */
async function measure({ workbench, workspace }) {
  const { bytes, rows, headerBytes } = await writeSparseTvq(workspace.path('large.tvq'), FILE);
  console.log(`${bytes} bytes, ${rows} tensors, a header of ${headerBytes} bytes`);
  await workbench.showView('Explorer');
  const item = workbench.explorerItem('large.tvq');
  await item.waitFor();
  await workbench.page.waitForTimeout(SETTLE_MS);
  const before = await resident();

  const inspector = new InspectorPage(workbench.inspector);
  const open = () =>
    timed(async () => {
      await item.dblclick();
      await Promise.all([inspector.heading('large.tvq'), inspector.loaded()]);
    });
  const first = await open();
  const opened = await resident();
  const scrolled = await timed(() => inspector.scrollTo(rows));
  for (let part = 1; part < STOPS; part++) await inspector.scrollTo(Math.round((rows * part) / STOPS));
  await workbench.page.waitForTimeout(SETTLE_MS);
  const after = await resident();

  await inspector.search(WEIGHT);
  while ((await inspector.matches()) !== FILE.tasks) await workbench.page.waitForTimeout(50);
  const looked = await timed(() => inspector.lookInto());
  const inside = await resident();
  await workbench.runCommand('View: Close Editor');
  const again = await open();
  return {
    'double click to heading and rows, s': first,
    'again, with the editor closed between, s': again,
    'from the first row to the last, s': scrolled,
    'to what is in a matrix, the engine started for it, s': looked,
    'extension host before, MB': before.host,
    'extension host, opened: more by, MB': opened.host - before.host,
    'extension host, scrolled: more by, MB': after.host - before.host,
    'extension host, a matrix looked into: more by, MB': inside.host - before.host,
    'engine before, MB': before.engine,
    'engine, scrolled, MB': after.engine,
    'engine, a matrix looked into, MB': inside.engine,
  };
}

/** Resident bytes of the extension host and the engine; 0 for one that is not running. */
async function resident() {
  const { host, engine } = await running();
  return { host: await residentBytes(host), engine: await residentBytes(engine) };
}
