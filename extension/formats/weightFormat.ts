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
  /** How they are read, where that is not obvious, one line each. */
  readonly notes?: readonly string[];
  readonly stamp: FileStamp;
}

export interface WeightFormat {
  /** The extension of its files, with the dot. */
  readonly extension: string;
  /**
   * Reads and checks a file's header.
   * @param allowance of the model that the file is a part of
   * @throws UserError naming the file and the fault
   */
  readHeader(file: string, allowance: Allowance): Promise<WeightHeader>;
}
