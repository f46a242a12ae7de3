import { UserError } from '../../shared/errors.ts';
import type { StoredTensor } from '../tensors/inputTensor.ts';
import { tensorOf, tvqInput } from '../merge/inputs/openInput.ts';
import type { TvqFile, TvqVector } from '../../formats/tvq/reader.ts';
import { vectorsOf } from '../../formats/tvq/summary.ts';

/** What a vector has of a tensor; undefined where it has none. */
export function storedTensor(file: TvqFile, vector: TvqVector): (tensor: string) => StoredTensor | undefined {
  const input = tvqInput(file, vector);
  return tensor => {
    const found = tensorOf(input, tensor);
    return found?.kind === 'tvq' ? found : undefined;
  };
}

/** @throws UserError when the file has no such vector */
export function vectorNamed(file: TvqFile, name: string): TvqVector {
  const vector = vectorsOf(file).find(known => known.name === name);
  if (!vector) throw new UserError(`${file.path}: it has no task "${name}"; reload the file`, 'usage');
  return vector;
}
