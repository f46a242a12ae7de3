/** Which of the tensors in a checkpoint are the model's: trainers wrap its state dict, and keep their own state beside. */
import { listed } from '../../shared/listed.ts';
import { shortened } from '../../shared/shortened.ts';
import { DEEPSPEED, FSDP } from '../huggingface/trainingFiles.ts';
import {
  isModule,
  isScripted,
  isTensor,
  moduleTensors,
  nameOf,
  Places,
  type FoundTensor,
} from './moduleTensors.ts';
import { PickleFault } from './pickleFaults.ts';
import { Dict, dictOf, Opaque, type Global } from './pickleValues.ts';

/** What trainers call a model's state dict, or the model; of several that a file has, the first is read. */
const WRAPPERS = [
  ...['state_dict', 'model_state_dict', 'model', 'module', 'params_ema', 'params', 'net', 'network'],
  ...['ema_state_dict', 'model_ema', 'ema', 'weights'],
];
/** State of a trainer, never of a model. */
const TRAINING = /optim|sched|scaler|rng|callback|loop|hyper_?param|^(args|config|cfg|opt)$/i;

/** Wrappers in wrappers, and groups of tensors in groups. */
const MAX_DEPTH = 64;

export interface StateDict {
  readonly tensors: ReadonlyMap<string, FoundTensor>;
  /** What was chosen, and what was left out, one line each, without the file's name. */
  readonly notes: readonly string[];
}

/**
 * The model's tensors in what a file holds.
 * @throws NoTensors if there are none
 * @throws PickleFault for what is a part of a model
 */
export function stateDictOf(root: unknown): StateDict {
  const path: string[] = [];
  const left: unknown[] = [];
  let value = root;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    checkShard(value);
    const inner = wrappedIn(value);
    if (inner === undefined) break;
    left.push(...[...(dictOf(value) as Dict).entries.keys()].filter(key => key !== inner));
    path.push(inner);
    value = dictOf(value)?.entries.get(inner);
  }
  const tensors = isModule(value) ? moduleTensors(value, new Places()) : groupTensors(value, left);
  if (tensors.size === 0) throw new NoTensors(value);
  const beside = left.filter(key => typeof key === 'string').map(key => JSON.stringify(shortened(key)));
  const where = path.length > 0 ? ` in ${JSON.stringify(path.join('.'))}` : '';
  const notes =
    isModule(value) && !isScripted(value)
      ? [`a pickled ${value.type.name}${where}: its tensors are read, its code is not`]
      : [];
  if (beside.length > 0) notes.push(`the tensors${where} are read; left out: ${listed(beside)}`);
  return { tensors, notes };
}

/** A file of a data set, a trainer or a tokenizer. */
export class NoTensors extends Error {
  constructor(value: unknown) {
    super(`it holds ${describe(value)}, without tensors of a model`);
  }
}

function describe(value: unknown): string {
  if (isTensor(value)) return 'one tensor without a name';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Dict) return `a dict of ${value.entries.size}`;
  if (isModule(value) && isScripted(value))
    return 'a TorchScript model whose weights are constants of its code (torch.jit.freeze)';
  if (value instanceof Opaque) return `an object of the class ${value.type.path}`;
  return value === null ? 'nothing' : `a ${typeof value}`;
}

/** The key of a wrapper; undefined: the value is no wrapper. */
function wrappedIn(value: unknown): string | undefined {
  const entries = isModule(value) ? undefined : dictOf(value)?.entries;
  return entries && WRAPPERS.find(key => hasTensors(entries.get(key)));
}

/** Whether a value is a module, or a dict with tensors or such dicts in it. */
function hasTensors(value: unknown, depth = 0): boolean {
  if (isModule(value)) return true;
  const entries = dictOf(value)?.entries;
  if (!entries || depth > 2) return false;
  for (const [key, inner] of entries)
    if (isTensor(inner) || (WRAPPERS.includes(key as string) && hasTensors(inner, depth + 1))) return true;
  return [...entries.values()].some(inner => isModule(inner));
}

/**
 * Tensors of a dict; those of dicts and modules in it have their keys in front.
 * @param left gets the keys of what is left out
 */
function groupTensors(root: unknown, left: unknown[]): Map<string, FoundTensor> {
  const found = new Map<string, FoundTensor>();
  const places = new Places();
  const visit = (value: unknown, prefix: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw new PickleFault(`its dicts nest deeper than ${MAX_DEPTH}`);
    for (const [key, inner] of dictOf(value)?.entries ?? []) {
      places.see();
      if (typeof key !== 'string') continue;
      const before = found.size;
      checkShard(inner);
      if (isTensor(inner)) found.set(nameOf(prefix, key), inner);
      else if (isModule(inner))
        for (const [own, tensor] of moduleTensors(inner, places))
          found.set(nameOf(`${prefix}${key}.`, own), tensor);
      else if (dictOf(inner) && !TRAINING.test(key)) visit(inner, nameOf(prefix, `${key}.`), depth + 1);
      if (found.size === before && depth === 0) left.push(key);
    }
  };
  visit(root, '', 0);
  return found;
}

/** A file of one process of a distributed training. */
function checkShard(value: unknown): void {
  const entries = dictOf(value)?.entries;
  if (entries?.has('ds_version') || entries?.has('ds_config')) throw new PickleFault(DEEPSPEED);
  const type: Global | undefined = value instanceof Opaque ? value.type : undefined;
  if (type && /^(ShardedTensor|DTensor|FlatParameter)$/.test(type.name)) throw new PickleFault(FSDP);
}
