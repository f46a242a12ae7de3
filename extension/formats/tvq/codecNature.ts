/** What a codec's payload is, and what its values are: facts that threads need too, without the schemas of codecs.ts. */

interface Nature {
  /** `codes`: an array of bytes; `tensor`: the fine-tuned tensor in its own dtype; `nothing`: there is no payload. */
  readonly holds: 'codes' | 'tensor' | 'nothing';
  /** Whether its values are added to a reference, as a task vector's are; otherwise they are the fine-tuned tensor's. */
  readonly isAdded: boolean;
}

const NATURE = {
  affine: { holds: 'codes', isAdded: true },
  codebook: { holds: 'codes', isAdded: true },
  entropy: { holds: 'codes', isAdded: true },
  factors: { holds: 'codes', isAdded: true },
  ratio: { holds: 'codes', isAdded: false },
  exact: { holds: 'tensor', isAdded: false },
  constant: { holds: 'nothing', isAdded: true },
  same: { holds: 'nothing', isAdded: false },
  absent: { holds: 'nothing', isAdded: false },
} as const satisfies Readonly<Record<string, Nature>>;

/** The names of all codecs. */
export type CodecKind = keyof typeof NATURE;
type Named = { readonly codec: CodecKind };

/** Whether a payload is codes, an array of bytes, rather than a tensor in its own dtype. */
export const isCoded = ({ codec }: Named): boolean => NATURE[codec].holds === 'codes';
/** Whether values are added to a reference: the base model's, or more. */
export const isAdded = ({ codec }: Named): boolean => NATURE[codec].isAdded;
/** Whether there are values only together with the base model's, which are not just added. */
export const needsBase = ({ codec }: Named): boolean => isCoded({ codec }) && !isAdded({ codec });
export const hasPayload = ({ codec }: Named): boolean => NATURE[codec].holds !== 'nothing';
