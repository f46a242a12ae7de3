/** The stack and the memory of a pickle, and what its instructions do with them, within limits. */
import { PickleFault } from './pickleFaults.ts';
import { Dict, Global, Opaque } from './pickleValues.ts';

/** Tuples, lists, dicts and objects; a tensor takes about five. */
const MAX_OBJECTS = 1_500_000;
/** Of these, dicts and objects, which take the most time and memory; a tensor takes one, a module about eight. */
const MAX_DICTS = 400_000;
/** Classes and functions: a pickle names each once. */
const MAX_NAMED = 400_000;
const MAX_MEMO = 4_000_000;
const MAX_STACK = 1_000_000;

/** What the values outside of a pickle are; the calls may throw a PickleFault. */
export interface Surroundings {
  /** A class or function that is named, before anything is done with it. */
  named(global: Global): void;
  /** What calling a function or a class would give. */
  called(global: Global, args: readonly unknown[]): unknown;
  /** What making an object of a class gives, by its `__new__` alone. */
  made(type: Global, args: readonly unknown[]): unknown;
  /** What an id stands for: storages of tensors have such ids. */
  persistent(id: unknown): unknown;
}

export class PickleMachine {
  readonly #stack: unknown[] = [];
  /** Where the groups of values begin that a later instruction takes as a whole. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #objects = 0;
  #dicts = 0;
  #named = 0;

  constructor(readonly surroundings: Surroundings) {}

  push(value: unknown): void {
    if (this.#stack.length >= MAX_STACK)
      throw new PickleFault(`its pickle stacks more than ${MAX_STACK} values`);
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw new PickleFault('its pickle takes a value that is not there');
    return this.#stack.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
    if (this.#marks.length > MAX_STACK)
      throw new PickleFault(`its pickle stacks more than ${MAX_STACK} marks`);
  }

  /** The values since the last mark. */
  popMarked(): unknown[] {
    const from = this.#marks.pop();
    if (from === undefined) throw new PickleFault('its pickle takes values up to a mark that is not there');
    return this.#stack.splice(from);
  }

  popList(): readonly unknown[] {
    const value = this.pop();
    if (!Array.isArray(value)) throw new PickleFault('its pickle calls something without a list of values');
    return value as unknown[];
  }

  /** Something that takes memory of its own. */
  pushObject(value: unknown): void {
    if (++this.#objects > MAX_OBJECTS)
      throw new PickleFault(`its pickle makes more than ${MAX_OBJECTS} objects`);
    if ((value instanceof Dict || value instanceof Opaque) && ++this.#dicts > MAX_DICTS)
      throw new PickleFault(`its pickle makes more than ${MAX_DICTS} dicts`);
    this.push(value);
  }

  put(index: number): void {
    this.#memo.set(index, this.top());
    if (this.#memo.size > MAX_MEMO) throw new PickleFault(`its pickle keeps more than ${MAX_MEMO} values`);
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    if (!this.#memo.has(index)) throw new PickleFault('its pickle uses a value before it is made');
    this.push(this.#memo.get(index));
  }

  name(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw new PickleFault('its pickle names a class by something that is not a text');
    if (++this.#named > MAX_NAMED)
      throw new PickleFault(`its pickle names more than ${MAX_NAMED} classes and functions`);
    const global = new Global(module, name);
    this.surroundings.named(global);
    this.push(global);
  }

  /** Takes the arguments, then what is called. */
  call(how: 'called' | 'made'): void {
    const args = this.popList();
    const callee = this.pop();
    if (!(callee instanceof Global))
      throw new PickleFault('its pickle calls a value, not a class or function by its name');
    this.pushObject(this.surroundings[how](callee, args));
  }

  setItems(items: readonly unknown[]): void {
    if (items.length % 2 !== 0) throw new PickleFault('its pickle has a key without a value');
    const target = this.top();
    const entries = target instanceof Opaque ? target.items.entries : (target as Dict | undefined)?.entries;
    if (!(entries instanceof Map))
      throw new PickleFault('its pickle puts entries into something else than a dict');
    for (let i = 0; i < items.length; i += 2) entries.set(items[i], items[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (!(target instanceof Opaque))
      throw new PickleFault('its pickle appends to something else than a list');
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof Opaque) target.state = state;
  }
}
