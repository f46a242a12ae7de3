import { join } from 'node:path';
import type { ExtractRecipe } from '../../protocol/recipes.ts';
import type { ExtractPlanSummary, LeftOut, Problem } from '../../protocol/results.ts';
import { error } from '../../shared/problems.ts';
import { UserError } from '../../shared/errors.ts';
import { formatBytes } from '../../shared/format.ts';
import { groupBy } from '../../shared/groupBy.ts';
import type { FileStamp } from '../../files/fileStamp.ts';
import { noteProblems, wholeModel, type Checkpoint } from '../../formats/checkpoint.ts';
import { readConfig, type Config } from '../../formats/huggingface/configFile.ts';
import { embeddingOf } from '../../formats/names/tiedHead.ts';
import { isSafetensors } from '../../formats/safetensors/names.ts';
import { isTvq } from '../../formats/tvq/names.ts';
import { openTvq, type TvqFile } from '../../formats/tvq/reader.ts';
import { allTaskNames, taskNamed } from '../../formats/tvq/task.ts';
import { openFamily } from '../match/family.ts';
import { modelConfigOf } from '../match/modelConfig.ts';
import { openNamed } from '../match/openNamed.ts';
import { stampsOf, tvqInput, type OpenInput } from '../merge/inputs/openInput.ts';
import { checkOutput } from '../outputCheck.ts';
import { compareBase, namedAsIn } from '../restore/plan.ts';
import { itemBytes, mostMemory, placeItems } from '../scheduler/itemKind.ts';
import type { MemoryShare, Room } from '../scheduler/memoryShare.ts';
import { changesOf, type Reason } from './changes.ts';
import { extractKind, mostFactorBytes, type ExtractItem } from './item.ts';

export interface ExtractPlan {
  readonly recipe: ExtractRecipe;
  readonly base: Checkpoint;
  readonly config: Config | undefined;
  /** The base's embedding, where that is its output head too. */
  readonly tiedEmbedding: string | undefined;
  readonly tuned: OpenInput;
  /** In the order of the base. */
  readonly items: readonly ExtractItem[];
  /** By tensor that gets no factors. */
  readonly reasons: ReadonlyMap<string, Reason>;
  readonly share: MemoryShare;
  /** Bytes of the most that is written. */
  readonly bytes: number;
  readonly stamps: readonly FileStamp[];
  readonly problems: readonly Problem[];
}

export async function planExtract(recipe: ExtractRecipe, room: Room): Promise<ExtractPlan> {
  const { base, tuned, problems: found } = await openBoth(recipe);
  const problems = [...found];
  const config = base.folder === undefined ? undefined : await readConfig(join(base.folder, 'config.json'));
  const isTied = modelConfigOf(config).tied === true;
  const facts = { tensors: base.tensors, hasConv1d: hasConv1d(config), isTied };
  const { items, reasons } = changesOf(recipe, facts, tuned);
  if (!items.some(({ form }) => form))
    problems.push(error(`${recipe.source}: no tensor that was asked for can be changed by a LoRA adapter`));
  const needed = mostMemory(extractKind, items, room.chunk);
  const share = room.share(needed);
  if (needed > share.arena)
    problems.push(
      error(
        `${formatBytes(room.memory)} is too little: the largest tensor takes ${formatBytes(needed)}; choose a lower rank, or allow more`,
        { code: 'memory' },
      ),
    );
  const most = items.reduce((sum, item) => sum + mostFactorBytes(item), 0);
  const bytes = Math.min(most, recipe.size ?? most);
  if (isSafetensors(recipe.output))
    problems.push(error(`${recipe.output}: an adapter is a folder, with its config; name one`));
  const inputs =
    tuned.kind === 'tvq' ? { path: tuned.file.path, files: [tuned.file.path] } : tuned.checkpoint;
  problems.push(...(await checkOutput(recipe, [base, inputs], bytes, 'folder')));
  return {
    recipe,
    base,
    config,
    tiedEmbedding: isTied ? embeddingOf('lm_head.weight', undefined, base.tensors) : undefined,
    tuned,
    items: placeItems(extractKind, items, share, room.chunk),
    reasons,
    share,
    bytes,
    stamps: [...base.stamps, ...stampsOf(tuned)],
    problems,
  };
}

export function summarizeExtract({
  recipe,
  items,
  reasons,
  share,
  bytes,
  problems,
}: ExtractPlan): ExtractPlanSummary {
  return {
    output: recipe.output,
    bytes,
    readBytes: items.reduce((sum, item) => sum + itemBytes(extractKind, item), 0),
    memory: share.threads * share.arena,
    modules: items.filter(({ form }) => form).length,
    leftOut: leftOutOf(reasons),
    problems,
  };
}

/** Names that are listed of each group. */
const LISTED = 3;

/** Tensors that are not in the adapter, by the reason. */
export const leftOutOf = (reasons: ExtractPlan['reasons']): Omit<LeftOut, 'share'>[] =>
  [...groupBy([...reasons], ([, why]) => why)].map(([why, group]) => ({
    why,
    tensors: group.length,
    names: group.slice(0, LISTED).map(([name]) => name),
  }));

/** Models whose linear layers are transformers' `Conv1D`, with weights of inputs × outputs. */
export const hasConv1d = (config: Config | undefined): boolean =>
  /^(gpt2|openai-gpt|imagegpt|decision_transformer)$/.test(String(config?.model_type));

interface Opened {
  readonly base: Checkpoint;
  readonly tuned: OpenInput;
  readonly problems: readonly Problem[];
}

/** The base, and the fine-tuned model with its tensors named as there. */
async function openBoth(recipe: ExtractRecipe): Promise<Opened> {
  const { source, task } = recipe;
  if (isTvq(source)) return openStored(recipe, await openTvq(source));
  if (task !== undefined)
    throw new UserError(`${source}: a model has no tasks; leave "${task}" out`, 'usage');
  const { base, tasks, problems } = await openFamily(recipe.base, [source]);
  return { base, tuned: { kind: 'checkpoint', name: source, checkpoint: tasks[0] as Checkpoint }, problems };
}

async function openStored(recipe: ExtractRecipe, file: TvqFile): Promise<Opened> {
  const vector = taskNamed(file, recipe.task ?? onlyTask(file));
  const base = namedAsIn(file, wholeModel(await openNamed(recipe.base)));
  const problems = file.scheme.scheme === 'fq' ? [] : compareBase(file, base);
  return { base, tuned: tvqInput(file, vector), problems: [...noteProblems([base]), ...problems] };
}

/** @throws UserError naming the tasks when there are several */
function onlyTask(file: TvqFile): string {
  const [only, ...others] = allTaskNames(file);
  if (only !== undefined && others.length === 0) return only;
  throw new UserError(
    `${file.path}: it has several tasks; name one of ${[only, ...others].join(', ')}`,
    'usage',
  );
}
