/** From a recipe to exactly what will be done, from headers alone. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { PlanSummary } from '../../protocol/results.ts';
import { budgetRoom, rulesBytes } from '../../shared/allocation/index.ts';
import type { MemoryShare, Room } from '../scheduler/memoryShare.ts';
import { mostMemory, placeItems } from '../scheduler/itemKind.ts';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { openNamed } from '../match/openNamed.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { configDifferences, describedCheckpoint } from '../../formats/huggingface/configDifferences.ts';
import { elementCount, isQuantizable } from '../../formats/dtype.ts';
import { statisticOf } from '../../formats/names/runningStatistics.ts';
import { openFamily } from '../match/family.ts';
import type { FileStamp } from '../../files/fileStamp.ts';
import { headerBound, tableOf, type RoomyLayout, type TvqLayout } from '../../formats/tvq/header.ts';
import { beyondLimits } from '../../formats/tvq/limits.ts';
import { checkOutput } from '../outputCheck.ts';
import { checkMemory, checkRecipe, compareCheckpoints, type Checkpoints } from './checks.ts';
import type { Coding } from '../codecs/registry.ts';
import { before, roomiest, type Codings } from './codings.ts';
import { largeIntegers } from './fates.ts';
import { isQuantized, type QuantizeItem, type TaskTensor } from './item.ts';
import { factorRule } from './factorRule.ts';
import { exactRule, keepRule as ruleOf } from './keep.ts';
import { planFiles } from './plannedFiles.ts';
import { makeLayout } from './plannedLayout.ts';
import { summarize } from './planSummary.ts';
import { plannedSize } from './size.ts';
import { checkWishes, unmetWishes } from './wishes.ts';
import { quantizeKind } from './quantizeKind.ts';

export interface QuantizePlan {
  readonly recipe: QuantizeRecipe;
  readonly layout: RoomyLayout;
  /** In the order of their payloads in the file. */
  readonly items: readonly QuantizeItem[];
  readonly share: MemoryShare;
  /** Of the checkpoints' files. */
  readonly stamps: readonly FileStamp[];
  readonly summary: PlanSummary;
}

/** Under a budget, the coding of running variances: a difference from the base could leave 0 or less of them. */
const VARIANCE: Coding = { codec: 'ratio' };

/** Minimum number of values for entropy coding: with fewer, the head alone takes much of 8 bits each. Smaller tensors
 * get the min–max codes of those that a keep rule would keep. */
const LEAST_CODED = 1024;

/**
 * Plans a quantize run. Faults of single files, and invalid budgets, throw; everything else that is wrong is listed in
 * the summary.
 * @param codings what was chosen for a budget
 * @param open opens a checkpoint by its path
 */
export async function planQuantize(
  recipe: QuantizeRecipe,
  room: Room,
  codings?: Codings,
  open: (path: string) => Promise<Checkpoint> = openNamed,
): Promise<QuantizePlan> {
  const { chunk } = room;
  checkWishes(recipe);
  const paths = recipe.tasks.map(({ path }) => path);
  const { problems: found, ...checkpoints } = await openFamily(recipe.base, paths, {
    map: recipe.map,
    open,
  });
  const items = makeItems(recipe, checkpoints, codings ?? before(recipe));
  const { files, problems: leftOut } = await planFiles(recipe, checkpoints);
  const layout = withRoom(makeLayout(recipe, checkpoints, items, files), recipe, checkpoints);
  const share = room.share(mostMemory(quantizeKind, items, chunk));
  const placed = placeItems(quantizeKind, items, share, chunk);
  const planned = { layout, items: placed };
  const size = plannedSize(recipe, planned, codings === undefined);
  const problems = [
    ...found,
    ...checkRecipe(recipe, checkpoints),
    ...compareCheckpoints(recipe, checkpoints, ruleOf(recipe)),
    ...largeIntegers(items),
    ...beyondLimits(layout),
    ...unmetWishes(recipe, checkpoints, items),
    ...leftOut,
    ...(await configDifferences(
      describedCheckpoint('the base', checkpoints.base),
      checkpoints.tasks.map((task, t) => describedCheckpoint(`task "${recipe.tasks[t]?.name}"`, task)),
    )),
    ...checkMemory(room, share, items),
    ...(await checkOutput(
      recipe,
      [checkpoints.base, ...checkpoints.tasks],
      size.known ? size.bytes : 0,
      'file',
    )),
  ];
  const summary = summarize(recipe, checkpoints, planned, size, share, problems, chunk);
  const stamps = [checkpoints.base, ...checkpoints.tasks].flatMap(one => one.stamps);
  return { recipe, ...planned, share, stamps, summary };
}

/** Number of the first task's vector in the file: rtvq's shared one comes before it. */
export const firstTask = ({ scheme }: QuantizeRecipe): number => (scheme === 'rtvq' ? 1 : 0);

/** An item a tensor, in the order of the base's data so that disks read forward. */
function makeItems(recipe: QuantizeRecipe, { base, tasks }: Checkpoints, codings: Codings): QuantizeItem[] {
  const keeps = ruleOf(recipe);
  const exact = exactRule(recipe);
  const budgeted = recipe.budget !== undefined;
  const names = new Set([base, ...tasks].flatMap(({ tensors }) => [...tensors.keys()]));
  return [...names].map(tensor => {
    const inBase = base.tensors.get(tensor);
    const statistic = statisticOf(tensor);
    const quantizable = (source: TensorSource | undefined): source is TensorSource =>
      source !== undefined &&
      !keeps(source) &&
      (recipe.scheme === 'fq' || comparable(source, inBase)) &&
      (!budgeted || elementCount(source.shape) >= LEAST_CODED);
    const codingOf = (source: TensorSource | undefined, output: number) => {
      if (quantizable(source))
        return { coding: codings.task(tensor, output, elementCount(source.shape)), open: budgeted };
      if (!budgeted || !source || exact(source) || !comparable(source, inBase))
        return { coding: undefined, open: false };
      if (statistic === 'variance') return { coding: VARIANCE, open: false };
      return { coding: codings.small(tensor, output), open: true };
    };
    const factored = factorRule(recipe, inBase);
    const sources = tasks.map(task => task.tensors.get(tensor));
    const coded = sources.map((source, t): TaskTensor => {
      const output = firstTask(recipe) + t;
      return { output, source, ...codingOf(source, output) };
    });
    const inFactors = coded.map(factored);
    // Offsets from a shared vector have no factors.
    const shares =
      recipe.scheme === 'rtvq' &&
      sources.every(quantizable) &&
      coded.some(isQuantized) &&
      !inFactors.every(({ coding }) => coding?.codec === 'factors');
    const taskTensors = shares ? coded : inFactors;
    return {
      kind: 'quantize',
      tensor,
      base: recipe.scheme === 'fq' ? undefined : inBase,
      identified: recipe.scheme === 'fq' ? inBase : undefined,
      shared: shares ? codings.shared(tensor, elementCount((inBase as TensorSource).shape)) : undefined,
      tasks: taskTensors,
      // Statistics are no weights: their smallest changes are no less needed.
      prune: statistic ? 0 : (recipe.prune ?? 0),
      reconstruction: recipe.reconstruction ?? 'unbiased',
      analyze: undefined,
      resident: false,
    };
  });
}

/** Whether a task vector exists: the base has a floating-point tensor of that shape. */
const comparable = (source: TensorSource, base: TensorSource | undefined): boolean =>
  base !== undefined && isQuantizable(base.dtype) && base.shape.join() === source.shape.join();

/**
 * Under a budget the header's room depends on neither what is chosen nor how the budget is written; rules get their own
 * room. So the size of any choice is known from an analysis alone.
 */
function withRoom(layout: TvqLayout, recipe: QuantizeRecipe, checkpoints: Checkpoints): RoomyLayout {
  const table = tableOf(layout);
  if (recipe.budget === undefined) return { ...layout, table, headerBytes: headerBound(layout) };
  const roomy: QuantizeRecipe = { ...recipe, ...budgetRoom };
  const longest = makeLayout(
    roomy,
    checkpoints,
    makeItems(roomy, checkpoints, roomiest(roomy)),
    layout.files,
  );
  const headerBytes = 8 * Math.ceil(headerBound(longest) / 8) + rulesBytes(recipe.rules);
  return { ...layout, table, headerBytes };
}
