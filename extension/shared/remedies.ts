/**
 * What can be done about a fault: a code with facts. It is worded where it is shown, each in its own terms: by the
 * command, which has options (engine/cli/remedies.ts), and by VS Code, which has settings (host/remedies.ts).
 */

/** By code, the facts that its wording needs. */
export interface Remedies {
  readonly overwrite: object; // something else is at the output, and may be replaced
  readonly memory: object; // the memory that is allowed, which `message` begins with, is too little
  readonly moreMemory: object;
  readonly base: { readonly was: string }; // the model that a .tvq file was made from, by its name
  readonly baseOfMerge: object;
  readonly force: object; // task vectors may be applied to another base
  readonly resume: object; // what stays of an interrupted run may be taken over
  readonly dtype: { readonly wider: string }; // what holds values that the dtype that is written does not
  readonly writeNonfinite: object;
  readonly takeNonfinite: object; // to compute with NaN and infinity
  readonly takeInSums: object; // the same, but not here
  readonly onMismatch: { readonly reference: string }; // what the models do not fit
  readonly budget: object; // what is asked for needs one
  readonly groupSize: { readonly codec: string }; // which takes none
  readonly taskName: object; // each task needs one of its own
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
