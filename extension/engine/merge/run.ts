import type { Told } from '../../shared/remedies.ts';
import { basename, join, relative, sep } from 'node:path';
import type { MergeResult } from '../../protocol/results.ts';
import { printableJson } from '../../shared/printable.ts';
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import { mayPass, UserError } from '../../shared/errors.ts';
import { whileUnchanged } from '../../files/fileStamp.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import type { ItemEvent } from '../scheduler/item.ts';
import { isFileOutput } from '../../shared/outputForms.ts';
import { wrongBase } from '../restore/plan.ts';
import { failed, runPlanned } from '../scheduler/runPlanned.ts';
import { writeDonorFiles } from './inputs/donor.ts';
import { mergeIdentity } from './output/mergeIdentity.ts';
import type { MergeItem, MergeItemReport } from './tensor/mergeItem.ts';
import { combineLicences } from './output/licence.ts';
import { modelCard } from './output/modelCard.ts';
import { ModelFile, type ModelOutput } from './output/modelFile.ts';
import { ModelFolder, type CommittedFolder } from './output/modelFolder.ts';
import { isCounter } from '../../formats/names/buffers.ts';
import { listed } from '../../formats/listed.ts';
import { fatesOfMatch } from './inputs/match.ts';
import { describeTypes, writtenTypes } from '../output/writtenTypes.ts';
import { outputWarnings } from '../tensors/outputWarnings.ts';
import { prepare, type Measure } from './tensor/phases.ts';
import { modelPath, readBytesOf, type MergePlan } from './plan.ts';
import { cardInputs, strangers, type Cards } from './inputs/provenance.ts';
import { allInputParameters, allParameters, recipeText } from './recipe/recipeText.ts';
import { infoOf } from './methods/registry.ts';
import { mergeReport, type MergeReport } from './output/report.ts';
import { mergeKind } from './tensor/mergeKind.ts';
import { reportsOnly } from '../scheduler/orderedSink.ts';

/** Does what a merge plan says: a model folder, or one a task (emr), or a single file. */
export async function runMerge(
  plan: MergePlan,
  backend: EngineBackend,
  { signal, onProgress, keepFinished = false }: Hooks,
): Promise<MergeResult> {
  const started = performance.now();
  const { recipe, share, method, stamps } = plan;
  const folders = await openFolders(plan, signal);
  const output = { discard: (failure: unknown) => leaveAll(folders, keepFinished && mayPass(failure)) };
  const measure = measureWith(plan, backend, signal);
  const items = await whileUnchanged(stamps, () => prepare(plan.items, measure)).catch(
    async (error: unknown) => {
      throw await failed(error, signal, output);
    },
  );
  const reports: MergeItemReport[] = [];
  const pending: number[] = [];
  for (const index of items.keys()) {
    const [found, ...others] = folders.map(({ finished }) => finished.get(index));
    if (found && others.every(Boolean)) reports[index] = found;
    else pending.push(index);
  }
  const { report, committed, warnings } = await runPlanned(
    {
      kind: mergeKind,
      items: pending.map(index => items[index] as MergeItem),
      ...{ stamps, share, backend, signal, onProgress },
    },
    {
      accept: intoFolders(folders, pending),
      finished: async (number, report) => {
        const index = pending[number] as number;
        reports[index] = report;
        checkBase(plan, items[index] as MergeItem, report);
        for (const folder of folders) await folder.finish(index, report);
      },
    },
    output,
    () => commitAll(plan, backend, folders, items, reports),
  );
  const [only] = plan.models.length === 1 && plan.models[0] === undefined ? committed : [];
  const path = only?.path ?? modelPath(recipe, undefined);
  return {
    output: path,
    files: isFileOutput(path)
      ? [basename(path)]
      : committed.flatMap(one => plan.form.shards.map(({ name }) => relativeTo(path, join(one.path, name)))),
    bytes: plan.bytes,
    readBytes: readBytesOf(plan),
    types: writtenTypes(items, plan.form),
    method: method.name,
    parameters: allParameters(recipe, method),
    inputParameters: allInputParameters(recipe, method),
    seconds: (performance.now() - started) / 1000,
    backend: backend.kind,
    backendReason: backend.reason,
    report: report.model,
    warnings: [
      ...backend.warnings,
      ...plan.problems.map(({ message }) => message),
      ...folders.flatMap(({ notes }) => notes),
      ...warnings,
      ...committed.flatMap(({ warnings }) => warnings),
    ],
  };
}

/** As the Hub names files, on every system. */
const relativeTo = (folder: string, path: string): string => relative(folder, path).split(sep).join('/');

/** Runs items that only measure. */
const measureWith =
  ({ share }: MergePlan, backend: EngineBackend, signal: AbortSignal) =>
  async (...[items, take]: Parameters<Measure>) => {
    const sink = reportsOnly<MergeItemReport>((item, { findings }) => take(findings ?? {}, item));
    await backend.runner(share)(mergeKind, items, sink, signal, () => undefined);
  };

async function openFolders(plan: MergePlan, signal: AbortSignal): Promise<ModelOutput[]> {
  const { recipe, models } = plan;
  const { shards } = plan.form;
  const [whole] = shards;
  if (isFileOutput(recipe.output) && whole)
    return [await ModelFile.open(recipe.output, whole, recipe.overwrite)];
  const run = mergeIdentity(plan);
  const folders: ModelFolder[] = [];
  try {
    for (const model of models) {
      const { overwrite, resume } = recipe;
      folders.push(
        await ModelFolder.open({
          target: modelPath(recipe, model),
          overwrite,
          resume,
          run,
          shards,
          signal,
        }),
      );
    }
  } catch (error) {
    // What earlier runs finished is kept: nothing is wrong with it.
    await leaveAll(folders, recipe.resume);
    throw error;
  }
  return folders;
}

/** Discards or keeps all; the first one last, as its parent folder may contain the others. @returns what is kept */
async function leaveAll(folders: readonly ModelOutput[], keeps: boolean): Promise<Told[]> {
  const kept: string[] = [];
  for (const folder of [...folders].reverse()) {
    if (keeps) kept.unshift(...(await folder.keep()));
    else await folder.discard();
  }
  return kept.length > 0 ? [{ message: kept.join(', '), remedy: { code: 'resume' } }] : [];
}

/** Passes pieces to the folder they belong to, except those of finished shards. */
function intoFolders(folders: readonly ModelOutput[], pending: readonly number[]) {
  let current:
    { readonly number: number; readonly output: number; readonly folder?: ModelOutput } | undefined;
  return async (number: number, event: ItemEvent): Promise<void> => {
    if (event.type === 'bytes') return current?.folder?.append(event.bytes);
    if (event.type !== 'begin') return;
    const { output } = event;
    if (current?.number === number && current.output === output) return current.folder?.beginAgain();
    const folder = folders[output] as ModelOutput;
    const index = pending[number] as number;
    const isFinished = folder.finished.has(index);
    current = { number, output, ...(isFinished ? {} : { folder }) };
    if (!isFinished) await folder.begin(index);
  };
}

/** Tensors that were copied instead of merged, as they hold NaN or infinity and are the same in all models. */
const commonTensors = (items: readonly MergeItem[], reports: readonly MergeItemReport[]): string[] =>
  items.flatMap(({ tensor }, i) => (reports[i]?.findings?.copied ? [tensor] : []));

/** The copied tensors that are not the same in all inputs. */
function copiesThatDiffer(items: readonly MergeItem[], reports: readonly MergeItemReport[]): string[] {
  const names = items.flatMap(({ tensor }, i) => (reports[i]?.findings?.differs ? [tensor] : []));
  const telling = names.filter(name => !isCounter(name));
  return telling.length > 0 ? [`${listed(telling)} not the same in all models; copied, not merged`] : [];
}

/** A .tvq file's task vectors belong to one base: what was read of it must be what the file was made from. */
function checkBase(
  { inputs, base }: MergePlan,
  item: MergeItem,
  { checksums: [checksum] }: MergeItemReport,
): void {
  if (checksum === undefined || !base) return;
  for (const input of inputs) {
    if (input.kind !== 'tvq') continue;
    // For a tied head, the embedding was read.
    const expected = input.baseChecksums.get(item.base?.name ?? item.tensor);
    if (expected !== undefined && expected !== checksum) {
      throw new UserError(wrongBase(input.file, base.path, `the values of tensor "${item.tensor}" differ`));
    }
  }
}

/** Commits every model that was merged. @returns what there is to tell of them */
async function commitAll(
  plan: MergePlan,
  backend: EngineBackend,
  folders: readonly ModelOutput[],
  items: readonly MergeItem[],
  reports: readonly MergeItemReport[],
) {
  const strange = strangers(plan, reports);
  const common = commonTensors(items, reports);
  const names = plan.recipe.inputs.map(({ name }) => name);
  const fates = fatesOfMatch(plan.match, new Set(common));
  const report = mergeReport(items, reports, names, strange.length === 0, fates);
  const notes = backend.warnings.length > 0 ? backend.warnings : undefined;
  const cards = await cardInputs(plan, reports);
  const { warning } = combineLicences(
    [cards.base, ...cards.inputs].flatMap(card => (card ? [card.source] : [])),
  );
  const committed: CommittedFolder[] = [];
  for (const [m, folder] of folders.entries())
    committed.push(await commit(plan, folder, plan.models[m], { ...report, notes }, cards));
  const copied = `NaN or infinite values in ${listed(common)}, the same in all models; copied, not merged`;
  const warnings = [
    ...strange,
    ...outputWarnings(items, reports),
    ...copiesThatDiffer(items, reports),
    ...(common.length > 0 ? [copied] : []),
    ...(warning ? [warning] : []),
  ];
  return { report, committed, warnings };
}

async function commit(
  { recipe, method, base, donor, items, match, form }: MergePlan,
  folder: ModelOutput,
  model: string | undefined,
  report: MergeReport & { readonly notes: readonly string[] | undefined },
  cards: Cards,
) {
  const target = modelPath(recipe, model);
  const text = recipeText(recipe, method, target);
  const info = infoOf(method);
  const whole = {
    method: method.name,
    parameters: allParameters(recipe, method),
    inputParameters: allInputParameters(recipe, method),
    types: writtenTypes(items, form),
    ...report,
  };
  const settings = {
    ...(match.ownHead && { tie_word_embeddings: false }),
    ...(form.quantization && { quantization_config: form.quantization }),
  };
  return folder.commit({
    companions: (into, tensors) => writeDonorFiles(donor, base, into, { tensors, settings }),
    files: written => ({
      'README.md': modelCard({
        name: basename(target),
        recipe,
        recipeText: text,
        method: info,
        ...cards,
        dtype: describeTypes(writtenTypes(items, form)),
        files: written,
        created: new Date(),
      }),
      'merge-recipe.yml': text,
      'merge-report.json': `${printableJson(whole, 2)}\n`,
    }),
  });
}
