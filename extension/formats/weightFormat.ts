/** What a format of weights is: files of tensors; a model has one or several. */
import type { FileStamp } from '../files/fileStamp.ts';
import type { Allowance } from './safetensors/headerRoom.ts';
import type { TensorSource } from './tensorSource.ts';

/** What a file says about its tensors. */
export interface WeightHeader {
  readonly file: string;
  readonly fileBytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly TensorSource[];
  /** What its user should know, one line each: what was chosen, and what was left out. */
  readonly notes: readonly string[];
  readonly stamp: FileStamp;
}

export interface WeightFormat {
  /** As people call it. */
  readonly name: string;
  /** How its files' names end, with the dot. */
  readonly extensions: readonly string[];
  /** Whether other files have these endings too: they count only if their first bytes are recognised. */
  readonly isShared: boolean;
  /** Whether a file begins as those of the format do. @param head its first `FOREIGN_HEAD_BYTES`, or all of it */
  recognises(head: Uint8Array): boolean;
  /**
   * Reads and checks a file's header, and nothing of its data.
   * @param allowance of the model that the file is a part of
   * @throws UserError naming the file and the fault
   */
  readHeader(file: string, allowance: Allowance): Promise<WeightHeader>;
}
