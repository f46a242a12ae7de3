/** The tensors of a pickled `torch.nn.Module`, under the names that its `state_dict()` gives them. */
import { PickleFault } from './pickleFaults.ts';
import { Dict, dictOf, Opaque, Tensor, UnreadTensor } from './pickleValues.ts';

export type FoundTensor = Tensor | UnreadTensor;

/** Modules inside modules; the deepest models have about 20. */
const MAX_DEPTH = 100;
/** Something may be in many places, whose number grows with every level. */
const MAX_PLACES = 1_000_000;

/** Counts the entries of dicts and modules that are looked at, in all places. */
export class Places {
  #seen = 0;

  /** @throws PickleFault if there are too many */
  see(): void {
    if (++this.#seen > MAX_PLACES)
      throw new PickleFault(`its dicts and modules have more than ${MAX_PLACES} entries`);
  }
}

/** Characters of a tensor's name; the longest of published models have about 150. */
const MAX_NAME = 2000;

/** The name of what has a key in something with a prefix. @throws PickleFault if it is too long */
export function nameOf(prefix: string, key: string): string {
  if (prefix.length + key.length > MAX_NAME)
    throw new PickleFault(`a name in it has more than ${MAX_NAME} characters`);
  return prefix + key;
}

export const isTensor = (value: unknown): value is FoundTensor =>
  value instanceof Tensor || value instanceof UnreadTensor;

/** Whether a value is a module. */
export const isModule = (value: unknown): value is Opaque =>
  value instanceof Opaque && (value.attribute('_modules') instanceof Dict || isScripted(value));

/** Whether an object is of TorchScript, all of whose classes are in `__torch__`. */
export const isScripted = ({ type }: Opaque): boolean => /^__torch__(\.|$)/.test(type.module);

/** All tensors of a module. @throws PickleFault where it nests too deep */
export function moduleTensors(module: Opaque, places: Places): Map<string, FoundTensor> {
  const found = new Map<string, FoundTensor>();
  const visit = (one: Opaque, prefix: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw new PickleFault(`its modules nest deeper than ${MAX_DEPTH}`);
    for (const [name, value] of partsOf(one)) {
      places.see();
      if (typeof name !== 'string') continue;
      if (isTensor(value)) found.set(nameOf(prefix, name), value);
      else if (isModule(value)) visit(value, nameOf(prefix, `${name}.`), depth + 1);
    }
  };
  visit(module, '', 0);
  return found;
}

/** A module's parameters and buffers, those that it does not save left out, and its inner modules. */
function* partsOf(module: Opaque): Generator<[unknown, unknown]> {
  if (!(module.attribute('_modules') instanceof Dict)) {
    // of a scripted module all are attributes
    const state = module.state instanceof Dict ? module.state : undefined;
    yield* state?.entries ?? [];
    return;
  }
  const unsaved = module.attribute('_non_persistent_buffers_set');
  const left = new Set<unknown>(Array.isArray(unsaved) ? (unsaved as unknown[]) : []);
  yield* dictOf(module.attribute('_parameters'))?.entries ?? [];
  for (const buffer of dictOf(module.attribute('_buffers'))?.entries ?? [])
    if (!left.has(buffer[0])) yield buffer;
  yield* dictOf(module.attribute('_modules'))?.entries ?? [];
}
