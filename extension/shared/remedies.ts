/**
 * What can be done about a fault: a code with facts. It is worded where it is shown, each in its own terms: by the
 * command, which has options (engine/cli/remedies.ts), and by VS Code, which has settings (host/remedies.ts).
 */

/** By code, the facts that its wording needs. */
export interface Remedies {
  /** Something else is at the output, and may be replaced. */
  readonly overwrite: object;
  /** The bytes of memory that are allowed, which `message` begins with, are too few. */
  readonly memory: object;
  /** More memory would do. */
  readonly moreMemory: object;
  /** A .tvq file needs the base model that it was made from; `was` is its name. */
  readonly base: { readonly was: string };
  /** A merge needs a base model. */
  readonly baseOfMerge: object;
  /** Task vectors may be applied to another base. */
  readonly force: object;
  /** What stays of an interrupted run may be taken over. */
  readonly resume: object;
  /** Values have no place in the dtype that is written; in `wider` they have. */
  readonly dtype: { readonly wider: string };
  /** NaN and infinity may be written. */
  readonly writeNonfinite: object;
  /** They may be computed with. */
  readonly takeNonfinite: object;
  /** They may be computed with, but not here. */
  readonly takeInSums: object;
  /** Tensors that do not fit may be kept as in `reference`, taken from an input, or left out. */
  readonly onMismatch: { readonly reference: string };
  /** What is asked for needs a budget. */
  readonly budget: object;
  /** The codec takes no group size. */
  readonly groupSize: { readonly codec: string };
  /** Each task needs a name of its own. */
  readonly taskName: object;
}

export type Remedy = { [C in keyof Remedies]: { readonly code: C } & Remedies[C] }[keyof Remedies];

/** What a person is told: what is wrong, in a line, and what can be done about it. */
export interface Told {
  readonly message: string;
  readonly remedy?: Remedy | undefined;
}

/** The line of `Told` with each of the remedies. */
export type Wording = { readonly [C in keyof Remedies]: (message: string, facts: Remedies[C]) => string };

export function worded({ message, remedy }: Told, wording: Wording): string {
  if (remedy === undefined) return message;
  const word = wording[remedy.code] as (message: string, facts: Remedy) => string;
  return word(message, remedy);
}
