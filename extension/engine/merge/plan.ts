/** From a merge recipe to exactly what will be done, from headers alone. */
import { resolve as resolvePath } from 'node:path';
import type { Layer } from '../../protocol/analysis.ts';
import type { MergeRecipe } from '../../protocol/recipes.ts';
import type { MergePlanSummary, Problem } from '../../protocol/results.ts';
import { MIN_MEMORY, type MemoryShare, type Room } from '../scheduler/memoryShare.ts';
import { mostMemory, placeItems } from '../scheduler/itemKind.ts';
import { noteProblems, type Checkpoint } from '../../formats/checkpoint.ts';
import { configDifferences, describedCheckpoint } from '../../formats/huggingface/configDifferences.ts';
import { mergedMetadata } from '../../formats/safetensors/weightsMetadata.ts';
import type { FileStamp } from '../../files/fileStamp.ts';
import { formatBytes } from '../../shared/format.ts';
import { floatDtype, isFileOutput } from '../../shared/outputForms.ts';
import { error } from '../../shared/problems.ts';
import { checkOutput } from '../outputCheck.ts';
import { compareBase } from '../restore/plan.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import { checkConfig, checkRecipe, checkRows } from './recipe/checks.ts';
import { modelDtypeOf } from '../../formats/tensorSource.ts';
import { openModels } from './inputs/models.ts';
import { fatesOfMatch, Matching, type Match, type Reference } from './inputs/match.ts';
import { describedInput } from './inputs/describedInput.ts';
import { checkTokens } from './inputs/tokenOrder.ts';
import { donorFiles, donorMetadata, donorOf } from './inputs/donor.ts';
import type { InputTensor } from '../tensors/inputTensor.ts';
import { mergeKind } from './tensor/mergeKind.ts';
import { depthOf, layersOf } from '../../formats/names/layers.ts';
import type { MergeItem, TensorWay } from './tensor/mergeItem.ts';
import type { MergeMethod } from './methods/method.ts';
import { stampsOf, type OpenInput } from './inputs/openInput.ts';
import { isCompanion } from '../../formats/huggingface/companionNames.ts';
import { checkFileOutput } from './output/fileOutput.ts';
import { partialBytes } from './output/partialFolder.ts';
import { coded } from '../output/coding.ts';
import { inFloats } from '../output/encodings/floats.ts';
import { writtenTypes } from '../output/writtenTypes.ts';
import type { FormedModel } from '../output/form.ts';
import { formed } from '../output/forms/registry.ts';
import { resolve } from './recipe/parameters.ts';
import { allParameters } from './recipe/recipeText.ts';
import { methodNamed } from './methods/registry.ts';
import { averagingStatistics } from './tensor/statistics.ts';
import { checkWeights } from './tensor/weights.ts';

export interface MergePlan {
  readonly recipe: MergeRecipe;
  readonly method: MergeMethod;
  readonly base: Checkpoint | undefined;
  readonly inputs: readonly OpenInput[];
  /** The inputs before quantization; undefined if nothing is compared with them. */
  readonly originals: readonly OpenInput[] | undefined;
  /** The model that gives config, tokenizer and metadata to the merged one. */
  readonly donor: OpenInput | undefined;
  /** What happens to every tensor. */
  readonly match: Match;
  /** In the order of the output. */
  readonly items: readonly MergeItem[];
  /** Names of the models to write: one, or one per task (emr). */
  readonly models: readonly (string | undefined)[];
  readonly share: MemoryShare;
  readonly chunk: number;
  /** What is written: the tensors in order, and the weight files of each model. */
  readonly form: FormedModel;
  /** Bytes of all weight files. */
  readonly bytes: number;
  /** Of everything that is read. */
  readonly stamps: readonly FileStamp[];
  readonly problems: readonly Problem[];
}

/** Plans a merge. Faults of single files throw; everything else that is wrong is listed. */
export async function planMerge(recipe: MergeRecipe, room: Room): Promise<MergePlan> {
  const method = methodNamed(recipe.method);
  checkRecipe(recipe, method);
  const { base, inputs, originals, reference, ties, problems } = await openModels(recipe);
  for (const input of inputs)
    if (input.kind === 'tvq' && input.file.scheme.scheme !== 'fq' && base)
      problems.push(...compareBase(input.file, base));
  const matched = (of: readonly OpenInput[]) => new Matching(recipe.onMismatch, reference, of, ties).match();
  const match = matched(inputs);
  problems.push(...match.problems);
  problems.push(...(await checkTokens(donorOf(undefined, base, inputs), match)));
  const merged = withExact(
    makeItems(recipe, method, reference, inputs, match),
    originals && makeItems(recipe, method, reference, originals, matched(originals)),
  );
  const isFile = isFileOutput(recipe.output);
  const donor = donorOf(match.donor, base, inputs);
  const form = await formed({
    ...{ output: recipe.output, dtype: recipe.dtype, tensors: merged, shardBytes: recipe.shardBytes },
    metadata: mergedMetadata(method.name, await donorMetadata(donor, base)),
    files: donorFiles(donor, base),
    ownHead: match.ownHead === true,
  });
  problems.push(...form.problems);
  const items = inForm(merged, form);
  problems.push(...checkWeights(method, items), ...checkRows(method, items));
  const needed = mostMemory(mergeKind, items, room.chunk);
  const share = room.share(needed);
  if (needed > share.arena) {
    const most = formatBytes(MIN_MEMORY + needed);
    const message = `${formatBytes(room.memory)} is too little for this merge, which needs about ${most}`;
    problems.push(error(message, { code: 'memory' }));
  }
  const placed = placeItems(mergeKind, items, share, room.chunk);
  const models = isEmr(method) ? recipe.inputs.map(({ name }) => name) : [undefined];
  if (isFile) problems.push(...checkFileOutput(recipe, isEmr(method)));
  // Some of a task's files are the base's own.
  const copied = donor?.kind === 'checkpoint' ? donor.checkpoint : base;
  const checkpoints = [
    ...(base ? [base] : []),
    ...inputs.flatMap(input => (input.kind === 'checkpoint' ? [input.checkpoint] : [])),
  ];
  problems.push(
    ...noteProblems(checkpoints, (one, name) => !isFile && one.path === copied?.path && isCompanion(name)),
  );
  const { shards } = form;
  const bytes = models.length * shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const files = [...inputs, ...(originals ?? [])].map(input =>
    input.kind === 'tvq' ? { path: input.file.path, files: [input.file.path] } : input.checkpoint,
  );
  const [model, ...described] = base
    ? [describedCheckpoint('the base', base), ...inputs.map(describedInput)]
    : inputs.map(describedInput);
  problems.push(...(await configDifferences(model, described)));
  if (!isFile) problems.push(...(await checkConfig(copied, inputs)));
  const targets = models.map(model => modelPath(recipe, model));
  const read = base ? [base, ...files] : files;
  const held = isFile ? [] : await Promise.all(targets.map(partialBytes));
  const more = bytes - held.reduce((sum, one) => sum + one, 0);
  problems.push(...(await checkOutput(recipe, read, more, isFile ? 'file' : 'folder', targets)));
  return {
    recipe,
    method,
    base,
    inputs,
    originals,
    donor,
    match,
    items: placed,
    models,
    share,
    chunk: room.chunk,
    form,
    bytes,
    stamps: [...(base?.stamps ?? []), ...[...inputs, ...(originals ?? [])].flatMap(stampsOf)],
    problems: problems.filter(({ message }, i) => problems.findIndex(one => one.message === message) === i),
  };
}

/** Adds to each item the same one in full precision. */
const withExact = (
  items: readonly MergeItem[],
  exact: readonly MergeItem[] | undefined,
): readonly MergeItem[] => (exact ? items.map((item, i) => ({ ...item, exact: exact[i] })) : items);

const isEmr = ({ way }: MergeMethod): boolean => way.kind === 'selective' && way.combine === 'emr';

/** The items of what is written, in its order. */
function inForm(items: readonly MergeItem[], { tensors }: FormedModel): MergeItem[] {
  const byTensor = new Map(items.map(item => [item.tensor, item]));
  return tensors.map(({ tensor, dtype, coding }): MergeItem => {
    const item = byTensor.get(tensor) as MergeItem;
    const isOther = item.way.kind === 'copy' && item.way.source.dtype !== dtype;
    return { ...item, dtype, coding: coding ?? (isOther ? coded(inFloats(dtype)) : undefined) };
  });
}

/** One item per tensor that is not left out. */
function makeItems(
  recipe: MergeRecipe,
  method: MergeMethod,
  { base, tensors: model }: Reference,
  inputs: readonly OpenInput[],
  match: Match,
): MergeItem[] {
  const written = match.tensors.filter(({ fate }) => fate !== 'left out');
  const numbers = new Map(written.map(({ tensor }, number) => [tensor, number]));
  const layers = layersOf([...model.keys()]);
  const perInput = method.parameters.filter(parameter => parameter.perInput);
  return written.map((matched): MergeItem => {
    const { tensor, original, fate, copied, twin } = matched;
    const layer = layers.get(tensor);
    const place = { tensor, depth: depthOf(layer) };
    const values = resolve(method.parameters, [recipe.parameters], place);
    const inputValues = inputs.map((_, i) =>
      resolve(perInput, [recipe.inputParameters[i] ?? {}, recipe.parameters], place),
    );
    const item: MergeItem = {
      kind: 'merge',
      tensor,
      number: numbers.get(twin ?? tensor) as number,
      shape: original.shape,
      dtype: fate === 'merged' ? (floatDtype(recipe.dtype) ?? modelDtypeOf(original)) : original.dtype,
      coding: undefined,
      rowLength: 1,
      base: matched.base,
      inputs: matched.inputs,
      wanted: base !== undefined && method.base !== 'unused' ? 'vectors' : 'models',
      way: { kind: 'copy', source: original, beside: copied?.beside ?? [] },
      values,
      inputValues,
      scale: (typeof values.scale === 'number' ? values.scale : 1) * linesAt(recipe.lines, layer),
      allowNonfinite: recipe.allowNonfinite,
      takesNonFinite: false,
      common: false,
      outputs: isEmr(method) ? inputs.length : 1,
      measure: undefined,
      resident: false,
      exact: undefined,
    };
    if (fate !== 'merged') return item;
    const way = { ...item, way: wayOf(method, item) };
    const merged = withSharedVector(averagingStatistics(way, method), method, inputs);
    return { ...merged, rowLength: rowLengthOf(merged) };
  });
}

function wayOf({ name, way }: MergeMethod, { shape, inputs, values, inputValues }: MergeItem): TensorWay {
  switch (way.kind) {
    case 'linear':
      return way.gram
        ? { kind: 'gram', method: name }
        : { kind: 'fixed', coefficients: way.coefficients({ values, inputs: inputValues, gram: [] }) };
    case 'values':
      return {
        kind: 'values',
        method: name,
        workingValues: way.workingValues(shape, inputs.length),
        drops: way.drops,
      };
    case 'selective':
      return { ...way, thresholds: undefined, zeroSign: 1, rescalers: undefined };
  }
}

const rowLengthOf = ({ way, shape }: MergeItem): number =>
  way.kind === 'selective' && (way.sparsify === 'band' || way.sparsify === 'rankDrop')
    ? Math.max(1, shape.at(-1) ?? 1)
    : 1;

/**
 * The offsets of an rtvq file add up to zero before they are quantized: a sum of all its tasks with one coefficient is
 * that multiple of the shared vector, without the offsets' quantization error, and the offsets need not be read.
 */
function withSharedVector(item: MergeItem, method: MergeMethod, inputs: readonly OpenInput[]): MergeItem {
  if (item.way.kind !== 'fixed' || method.family !== 'vectors') return item;
  const { coefficients } = item.way;
  const [first] = inputs;
  const [input] = item.inputs;
  if (first?.kind !== 'tvq' || input?.kind !== 'tvq' || !input.shared) return item;
  const tasks = new Set(
    inputs.map(other => (other.kind === 'tvq' && other.file.path === first.file.path ? other.task : '')),
  );
  const allTasks = tasks.size === inputs.length && first.file.tasks.every(({ name }) => tasks.has(name));
  const sameShare = coefficients.every(value => value === coefficients[0]);
  const allCounted = item.inputs.every(other => other.kind === 'tvq' && other.shared);
  if (!allTasks || !sameShare || !allCounted) return item;
  const shared: InputTensor = { ...input, task: SHARED_VECTOR, record: input.shared, shared: undefined };
  const sum = coefficients.reduce((total, value) => total + value, 0);
  return {
    ...item,
    inputs: [shared],
    inputValues: item.inputValues.slice(0, 1),
    way: { kind: 'fixed', coefficients: [sum] },
  };
}

/** LiNeS (Wang et al., ICLR 2025): alpha in the first layer of a stack and outside, alpha + beta in the last. */
const linesAt = (lines: MergeRecipe['lines'], layer: Layer | undefined): number =>
  lines ? lines.alpha + lines.beta * depthOf(layer) : 1;

/** Where the model, or the model of a task, is written. */
export const modelPath = (recipe: MergeRecipe, model: string | undefined): string =>
  model === undefined ? resolvePath(recipe.output) : resolvePath(recipe.output, model);

/** Bytes of the files that a merge reads. */
export function readBytesOf({ base, inputs }: MergePlan): number {
  const checkpoints = inputs.flatMap(input => (input.kind === 'checkpoint' ? [input.checkpoint.bytes] : []));
  const files = new Map(
    inputs.flatMap(input => (input.kind === 'tvq' ? [[input.file.path, input.file.bytes]] : [])),
  );
  return [base?.bytes ?? 0, ...checkpoints, ...files.values()].reduce((sum, bytes) => sum + bytes);
}

export const summarizeMerge = (plan: MergePlan): MergePlanSummary => {
  const { recipe, method, items, share, match } = plan;
  const copied = items.filter(({ way }) => way.kind === 'copy').length;
  return {
    output: modelPath(recipe, undefined),
    bytes: plan.bytes,
    readBytes: readBytesOf(plan),
    memory: MIN_MEMORY + share.threads * mostMemory(mergeKind, items, plan.chunk),
    parameters: allParameters(recipe, method),
    tensors: { merged: items.length - copied, copied },
    types: writtenTypes(items, plan.form),
    fates: fatesOfMatch(match),
    problems: plan.problems,
  };
};
