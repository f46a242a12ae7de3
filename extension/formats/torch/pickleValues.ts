/**
 * What a pickle's values are here: None, numbers, texts, bytes and lists are those of JavaScript (a tuple is a list),
 * and the rest is recorded. Nothing is ever imported or run.
 */

/** A class or function that a pickle names. */
export class Global {
  /** "torch.FloatStorage" */
  readonly path: string;

  constructor(
    readonly module: string,
    readonly name: string,
  ) {
    this.path = `${module}.${name}`;
  }
}

/** A dict, of any class that torch and Python have for it. */
export class Dict {
  readonly entries = new Map<unknown, unknown>();
}

/** An object of a class that we do not know: what it would be made of. */
export class Opaque {
  /** What its class restores it from, mostly the dict of its attributes. */
  state: unknown;
  /** Its items, if its class is a kind of dict. */
  readonly items = new Dict();

  constructor(readonly type: Global) {}

  /** One of its attributes. */
  attribute(name: string): unknown {
    // A state of two parts is that of a class with slots.
    const state = Array.isArray(this.state) ? (this.state as unknown[])[0] : this.state;
    return state instanceof Dict ? state.entries.get(name) : undefined;
  }
}

/** Numbers in a file, from which a tensor's values come. */
export class Storage {
  /**
   * @param key of the storage in the file
   * @param type the name of its class, which tells the dtype: "FloatStorage"
   * @param count elements; bytes of an untyped one
   * @param first where it begins, in elements from the start of what has the key
   */
  constructor(
    readonly key: string,
    readonly type: string,
    readonly count: number,
    readonly first: number,
  ) {}
}

/** A tensor as a pickle describes it; nothing of it is checked yet. */
export class Tensor {
  /**
   * @param dtype as torch names it; undefined: that of the storage
   * @param offset elements from the start of the storage
   * @param strides elements
   */
  constructor(
    readonly storage: Storage,
    readonly dtype: string | undefined,
    readonly offset: unknown,
    readonly shape: unknown,
    readonly strides: unknown,
  ) {}
}

/** A tensor whose values cannot be read, with what it is: "a sparse tensor". */
export class UnreadTensor {
  constructor(readonly what: string) {}
}

/** The dict that a value is, or that an object of an unknown class stands for. */
export function dictOf(value: unknown): Dict | undefined {
  if (value instanceof Dict) return value;
  return value instanceof Opaque && value.items.entries.size > 0 ? value.items : undefined;
}
