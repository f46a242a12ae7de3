/** What the allocator decides about: groups of slots, each of which gets one choice. */
/** A size and what it costs in error. */
export interface RatePoint {
  /** Bytes in the file, payload and scales: a whole number. */
  readonly bytes: number;
  /** Squared error ‖τ̂ − τ‖² as measured, in units of energy. */
  readonly error: number;
}

/** One way to store one tensor. */
export interface Choice extends RatePoint {
  /** Index into the caller's list of codecs, from narrow to wide; passed through, and compared with limits. */
  readonly codec: number;
}

/** Which codecs may be chosen, by index. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
  readonly pinned?: number;
}

/** Something that gets one choice. */
export interface Slot {
  /** Sensitivity: error counts this many times; 1 unless given. */
  readonly weight?: number;
  readonly limits?: Limits;
}

/** A tensor of RTVQ's shared base vector: stored once, regardless of the number of tasks. */
export interface Base extends Slot {
  /**
   * With error correction `error` is 0: the base's error is contained in the offsets and shows in their choices.
   * Without it, error that no offset corrects: ‖b̂ − b‖² for each task.
   */
  readonly choices: readonly Choice[];
}

/** A tensor of one task vector, or of its offset from the shared base. */
export interface Offset extends Slot {
  /** A list for each of the base's choices, measured given that choice; a single list when there is no base. */
  readonly choices: readonly (readonly Choice[])[];
}

/**
 * What must be decided together. RTVQ: one tensor of the shared base with that tensor's offset of every task. TVQ: a
 * tensor of one task vector, no base. Fixed parts (header, tensors kept exactly) are a group with one choice.
 */
export interface Group {
  /** For error messages. */
  readonly name: string;
  readonly base?: Base;
  readonly offsets: readonly Offset[];
}

/** The group of a single tensor. */
export const alone = (name: string, choices: readonly Choice[], slot: Slot = {}): Group => ({
  name,
  offsets: [{ ...slot, choices: [choices] }],
});

/** The choices of an offset given a choice of the base; `base` is 0 if there is none. */
export const choicesGiven = ({ choices }: Offset, base: number): readonly Choice[] =>
  choices[base] as readonly Choice[];
