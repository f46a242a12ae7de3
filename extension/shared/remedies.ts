/**
 * What can be done about a fault: a code with facts. It is put into words where it is shown: by the command, which has
 * options (engine/cli/remedies.ts), and by VS Code, which has settings (host/remedies.ts).
 */

/** By code, the facts that its wording needs. */
export interface Remedies {
  readonly overwrite: object; // something exists at the output, and may be replaced
  readonly memory: object; // the allowed memory, which `message` begins with, is too small
  readonly moreMemory: object;
  readonly base: { readonly was: string }; // the name of the model that a .tvq file was made from
  readonly baseOfMerge: object;
  readonly force: object; // task vectors may be applied to another base
  readonly resume: object; // an interrupted run can be continued
  readonly dtype: { readonly wider: string }; // a dtype that holds values which the written one cannot
  readonly writeNonfinite: object;
  readonly takeNonfinite: object; // to compute with NaN and infinity
  readonly takeInSums: object; // the same, but only in plain sums
  readonly onMismatch: { readonly reference: string }; // what the models do not fit
  readonly budget: object; // the request needs one
  readonly groupSize: { readonly codec: string }; // which has none
  readonly taskName: object; // each task needs one of its own
}

export type Remedy = { [C in keyof Remedies]: { readonly code: C } & Remedies[C] }[keyof Remedies];

/** What the user is told: what is wrong, in one line, and what can be done about it. */
export interface Told {
  readonly message: string;
  readonly remedy?: Remedy | undefined;
}

/** Words the line of `Told` with each of the remedies. */
export type Wording = { readonly [C in keyof Remedies]: (message: string, facts: Remedies[C]) => string };

export function worded({ message, remedy }: Told, wording: Wording): string {
  if (remedy === undefined) return message;
  const word = wording[remedy.code] as (message: string, facts: Remedy) => string;
  return word(message, remedy);
}
