import { basename, join, resolve } from 'node:path';
import type { ExtractResult, LeftOut } from '../../protocol/results.ts';
import { AtomicFolder } from '../../files/atomicFolder.ts';
import { keptElsewhere } from '../../files/otherNames.ts';
import { tensorBytes } from '../../formats/dtype.ts';
import { serializeHeader, type TensorEntry } from '../../formats/safetensors/safetensors.ts';
import { PLAIN } from '../../formats/safetensors/weightsMetadata.ts';
import { checkpointHeaderBytes, SafetensorsWriter } from '../../formats/safetensors/writer.ts';
import { UserError } from '../../shared/errors.ts';
import { readModelSource } from '../merge/output/modelSource.ts';
import { writeSmallFile } from '../merge/output/writtenFile.ts';
import { wrongBase } from '../restore/plan.ts';
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import { failed, runPlanned } from '../scheduler/runPlanned.ts';
import { adapterConfig } from './adapterConfig.ts';
import { adapterCard } from './card.ts';
import { moduleOf, writtenFactors } from './form.ts';
import { extractKind, type ExtractItem, type ExtractReport } from './item.ts';
import { withinSize } from './withinSize.ts';
import { hasConv1d, leftOutOf, type ExtractPlan } from './plan.ts';

/** By the names that PEFT gives them. */
const WEIGHTS = 'adapter_model.safetensors';
const CONFIG = 'adapter_config.json';

/** Does what an extraction plan says: a folder that PEFT loads. */
export async function runExtract(
  planned: ExtractPlan,
  backend: EngineBackend,
  hooks: Hooks,
): Promise<ExtractResult> {
  const started = performance.now();
  const { recipe } = planned;
  const { signal, onProgress } = hooks;
  const output = resolve(recipe.output);
  const folder = await AtomicFolder.create(output, recipe);
  const headerBytes = checkpointHeaderBytes(PLAIN, planned.items.flatMap(mostEntries));
  const plan = await withinSize(planned, headerBytes, backend, hooks).catch(async (error: unknown) => {
    throw await failed(error, signal, folder);
  });
  const { items, share, problems, stamps } = plan;
  const writer = await SafetensorsWriter.create(join(folder.temporary, WEIGHTS), {
    headerBytes,
    overwrite: false,
    lock: folder.lock,
  });
  const reports: ExtractReport[] = [];
  const { found, published } = await runPlanned(
    { kind: extractKind, items, stamps, share, backend, signal, onProgress },
    {
      accept: async (number, event) => {
        if (event.type === 'bytes') await writer.append(event.bytes);
        else if (event.type === 'begin')
          writer.begin(entryOf(items[number] as ExtractItem, event.output, event.bytes));
      },
      finished: (number, report) => {
        reports[number] = report;
        checkBase(plan, items[number] as ExtractItem, report);
      },
    },
    {
      discard: async () => {
        await writer.discard();
        await folder.discard();
      },
    },
    async () => {
      const found = findings(plan, reports);
      await writer.commit((tensors, dataOffset) => serializeHeader(PLAIN, tensors, dataOffset));
      await writeBeside(plan, folder.temporary, { ...found, bytes: writer.bytes });
      return { found, published: await folder.commit() };
    },
  );
  return {
    output: published.path,
    bytes: writer.bytes,
    ...found,
    seconds: (performance.now() - started) / 1000,
    backend: backend.kind,
    backendReason: backend.reason,
    warnings: [
      ...backend.warnings,
      ...keptElsewhere(output, published.path),
      ...writer.notes,
      ...problems.map(({ message }) => message),
      ...shortOf(plan, reports),
      ...tiedNote(plan, found),
      ...published.notes,
    ],
  };
}

type Entry = Omit<TensorEntry, 'offset'>;

/** The entries of an item's factors at the highest rank. */
const mostEntries = (item: ExtractItem): Entry[] =>
  (item.form ? writtenFactors(item.tensor, item.form, item.shape) : []).map(({ name, shape }) =>
    entry(item, name, shape(item.most)),
  );

/** The entry of factor `output`, whose rank its bytes tell. */
function entryOf(item: ExtractItem, output: number, bytes: number): Entry {
  const { tensor, form, shape: of } = item;
  const factor = form && writtenFactors(tensor, form, of)[output];
  if (!factor) throw new Error(`${tensor}: output ${output} was not planned`);
  const rank = bytes / entry(item, factor.name, factor.shape(1)).bytes;
  return entry(item, factor.name, factor.shape(rank));
}

const entry = ({ dtype }: ExtractItem, name: string, shape: readonly number[]): Entry => ({
  name,
  dtype,
  shape,
  bytes: tensorBytes(dtype, shape),
});

type Findings = Pick<ExtractResult, 'modules' | 'error' | 'errorOfAll' | 'leftOut'>;

/** @throws UserError when nothing was extracted */
function findings({ recipe, items, reasons }: ExtractPlan, reports: readonly ExtractReport[]): Findings {
  const measured = items.map((item, i) => ({ item, ...(reports[i] as ExtractReport) }));
  const made = measured.filter(({ rank }) => rank > 0);
  if (made.length === 0)
    throw new UserError(
      `${recipe.source}: what a LoRA adapter can change is equal to the base; there is nothing to extract`,
    );
  const sum = (of: readonly ExtractReport[], part: 'norm' | 'error') =>
    of.reduce((total, report) => total + report[part], 0);
  const all = sum(measured, 'norm');
  const others = measured.filter(({ rank, norm }) => rank === 0 && norm > 0);
  const unchanged = new Set(measured.filter(({ norm }) => norm === 0).map(({ item }) => item.tensor));
  const changed = new Map([...reasons].filter(([tensor]) => !unchanged.has(tensor)));
  const shareOf = (why: string): number | null => {
    const of = others.filter(({ item }) => reasons.get(item.tensor) === why);
    return of.length > 0 ? sum(of, 'norm') / all : null;
  };
  return {
    modules: made.map(({ item, rank, error, norm }) => ({
      name: moduleOf(item.tensor),
      rank,
      error: error / norm,
      share: norm / all,
    })),
    error: sum(made, 'error') / sum(made, 'norm'),
    errorOfAll: (sum(made, 'error') + sum(others, 'norm')) / all,
    leftOut: leftOutOf(changed).map((group): LeftOut => ({ ...group, share: shareOf(group.why) })),
  };
}

/** Writes PEFT's config and the card. */
async function writeBeside(
  { recipe, base, tuned, config }: ExtractPlan,
  folder: string,
  found: Findings & { readonly bytes: number },
): Promise<void> {
  const source = await readModelSource(base.name, base.folder);
  const origin =
    tuned.kind === 'tvq'
      ? await readModelSource(basename(tuned.file.path), undefined)
      : await readModelSource(tuned.checkpoint.name, tuned.checkpoint.folder);
  const [id] = source.revision === undefined ? [] : source.hubIds;
  const facts = {
    modules: found.modules,
    tensors: base.tensors.keys(),
    base: id ?? base.path,
    config,
    hasConv1d: hasConv1d(config),
  };
  await writeSmallFile(folder, CONFIG, `${JSON.stringify(adapterConfig(facts), undefined, 2)}\n`);
  const card = {
    ...found,
    name: basename(resolve(recipe.output)),
    base: source,
    tuned: origin,
    task: tuned.kind === 'tvq' ? tuned.task : undefined,
    recipe,
    created: new Date(),
  };
  await writeSmallFile(folder, 'README.md', adapterCard(card));
}

/** What was not reached: tensors that would need a higher rank for the energy that was asked for. */
function shortOf({ recipe: { energy }, items }: ExtractPlan, reports: readonly ExtractReport[]): string[] {
  if (energy === undefined) return [];
  const short = items.filter(({ most }, i) => {
    const { rank, error, norm } = reports[i] as ExtractReport;
    return rank === most && rank > 0 && error > (1 - energy) * norm;
  });
  const [first] = short;
  if (!first) return [];
  return [
    `${short.length} tensors, such as "${first.tensor}", hold less than ${energy} of their change at rank ${first.most}, the highest that was allowed`,
  ];
}

/** PEFT has no way to change both while the adapter is beside the model. */
function tiedNote({ tiedEmbedding }: ExtractPlan, { modules }: Findings): string[] {
  if (tiedEmbedding === undefined || !modules.some(({ name }) => name === moduleOf(tiedEmbedding))) return [];
  return [
    `the base's output head is its embedding "${tiedEmbedding}": PEFT changes both once the adapter is merged (merge_and_unload), and before that the embedding alone; merge it, or leave the embedding out`,
  ];
}

/** Compares what was read of the base with what a .tvq file was made from. */
function checkBase({ base, tuned }: ExtractPlan, { tensor }: ExtractItem, report: ExtractReport): void {
  if (tuned.kind !== 'tvq') return;
  const expected = tuned.baseChecksums.get(tensor);
  if (expected !== undefined && expected !== report.checksums[0])
    throw new UserError(wrongBase(tuned.file, base.path, `the values of tensor "${tensor}" differ`));
}
