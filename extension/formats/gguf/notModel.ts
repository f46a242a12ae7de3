/** GGUF files that are no model: parts of one, and what is beside one. */
import { textOf, type GgufMetadata } from './metadata.ts';

/** By `general.type`. */
const OTHER_TYPES: Readonly<Record<string, string>> = {
  adapter:
    'a LoRA adapter in GGUF, not a whole model; merge its safetensors (PEFT) into the base model first',
  mmproj: 'the projector and vision tower of a multimodal model; give the file of the language model',
  vocab: 'a vocabulary without weights; give the file of the model',
  imatrix: 'an importance matrix, not weights; give the file of the model',
};

/** What the file is, with a remedy; undefined: a model. */
export function notModel(metadata: GgufMetadata, tensors: number): string | undefined {
  const type = textOf(metadata, 'general.type') ?? olderType(metadata);
  if (type !== undefined && type !== 'model')
    return OTHER_TYPES[type] ?? `a GGUF file of type "${type}", not a model; give the file of the model`;
  const isPart = Number(metadata.get('split.count') ?? 1) > 1;
  return tensors === 0 && !isPart ? OTHER_TYPES.vocab : undefined;
}

/** Of files from before there was `general.type`. */
function olderType(metadata: GgufMetadata): string | undefined {
  if (metadata.has('adapter.type')) return 'adapter';
  return textOf(metadata, 'general.architecture') === 'clip' ? 'mmproj' : undefined;
}
