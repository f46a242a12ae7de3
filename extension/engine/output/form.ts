/** What a form of output is: one file each in forms/, and a line in registry.ts there. */
import type { Problem } from '../../protocol/results.ts';
import type { OutputDtype } from '../../protocol/recipes.ts';
import type { Dtype } from '../../formats/dtype.ts';
import type { WeightsMetadata } from '../../formats/safetensors/weightsMetadata.ts';
import type { OutputFormName } from '../../shared/outputForms.ts';
import type { Shard } from '../merge/output/shards.ts';
import type { Coding } from './coding.ts';
import type { ModelFiles } from './modelFiles.ts';

/** A tensor of the model that is to be written. */
export interface ModelTensor {
  readonly tensor: string;
  readonly shape: readonly number[];
  /** That it is written in unless the form asks for another. */
  readonly dtype: Dtype;
}

export interface OutputModel {
  /** The name that the output was given. */
  readonly output: string;
  /** What was asked for; undefined: as in the model. */
  readonly dtype: OutputDtype | undefined;
  readonly tensors: readonly ModelTensor[];
  /** Of its weight files. */
  readonly metadata: WeightsMetadata;
  /** Maximum bytes of tensors in a weight file, where there may be several. */
  readonly shardBytes: number;
  /** Its config, tokenizer and the like. */
  readonly files: ModelFiles;
  /** Whether its head is a tensor of its own, whatever its config says. */
  readonly ownHead: boolean;
}

/** How one tensor is written. */
export interface FormedTensor {
  /** Its name in the model. */
  readonly tensor: string;
  readonly dtype: Dtype;
  /** undefined: as values of that dtype. */
  readonly coding: Coding | undefined;
  /** Why it is not in the type that was asked for, in a few words. */
  readonly why?: string | undefined;
}

export interface FormedModel {
  /** In the order in which they are written; others are left out. */
  readonly tensors: readonly FormedTensor[];
  readonly shards: readonly Shard[];
  readonly problems: readonly Problem[];
  /** What config.json has to say about how the weights are quantized. */
  readonly quantization?: object | undefined;
}

export interface OutputForm {
  readonly name: OutputFormName;
  /** From names and shapes alone to exactly what is written. What cannot be written is a problem. */
  form(model: OutputModel): Promise<FormedModel>;
}
