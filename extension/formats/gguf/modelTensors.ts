/** The tensors of a GGUF file as those of the Hugging Face model that it was made from. */
import { UserError } from '../../shared/errors.ts';
import { listed, shapeText } from '../listed.ts';
import type { TensorSource } from '../tensorSource.ts';
import type { GgufTensor } from './header.ts';
import { textOf, type GgufMetadata } from './metadata.ts';
import {
  architectureNamed,
  huggingFaceName,
  isNorm,
  isRopeFactors,
  queriesOrKeys,
  type Architecture,
} from './names.ts';
import { ggufSource, UNCHANGED, type Change } from './source.ts';

interface ModelTensors {
  readonly tensors: readonly TensorSource[];
  /** What was left out or kept, and what was undone, one line each. */
  readonly notes: readonly string[];
}

/**
 * Names tensors, and undoes what the converter did to their values.
 * @throws UserError naming the tensor if the metadata does not tell how
 */
export function modelTensors(
  file: string,
  stored: readonly GgufTensor[],
  metadata: GgufMetadata,
): ModelTensors {
  const named = textOf(metadata, 'general.architecture');
  const architecture = architectureNamed(named);
  const asStored = (tensor: GgufTensor) => ggufSource(file, tensor.name, tensor, UNCHANGED);
  if (!architecture)
    return {
      tensors: stored.map(asStored),
      notes: [
        `${file}: its tensors keep their GGUF names, as models of type "${named ?? 'unknown'}" are not known`,
      ],
    };
  const factors = stored.filter(({ name }) => isRopeFactors(name));
  const kept: string[] = [];
  const tensors = stored
    .filter(tensor => !factors.includes(tensor))
    .flatMap(tensor => {
      const name = huggingFaceName(architecture, tensor.name);
      if (name === undefined) kept.push(tensor.name);
      if (name === undefined) return [asStored(tensor)];
      if (name.includes('*'))
        return expertsOf(file, tensor).map((expert, i) =>
          ggufSource(file, name.replace('*', String(i)), expert, UNCHANGED),
        );
      return [
        ggufSource(file, name, tensor, changeOf(file, tensor, architecture, metadata, named as string)),
      ];
    });
  const notes = [
    ...(kept.length > 0
      ? [`${file}: ${listed(kept)} of a model of type "${named}" kept as named there`]
      : []),
    ...(factors.length > 0
      ? [`${file}: ${listed(factors.map(({ name }) => name))} left out; computed from the model's config`]
      : []),
  ];
  return { tensors, notes };
}

/** The largest models have 512 in a layer. */
const MAX_EXPERTS = 4096;

/** The matrices of a layer's experts, one after another in the file. */
function expertsOf(file: string, tensor: GgufTensor): GgufTensor[] {
  const [count = 0, ...shape] = tensor.shape;
  if (shape.length !== 2 || count > MAX_EXPERTS)
    throw new UserError(
      `${file}: tensor "${tensor.name}" is ${shapeText(tensor.shape)}, a stack of at most ${MAX_EXPERTS} matrices was expected; convert the model again`,
    );
  const bytes = tensor.bytes / count;
  return Array.from({ length: count }, (_, i) => ({
    ...tensor,
    ...{ shape, bytes, offset: tensor.offset + i * bytes },
  }));
}

function changeOf(
  file: string,
  { name, shape }: GgufTensor,
  { interleaves, addsOne }: Architecture,
  metadata: GgufMetadata,
  architecture: string,
): Change {
  if (addsOne && isNorm(name)) return { heads: 0, added: 1 };
  const rotated = interleaves ? queriesOrKeys(name) : undefined;
  if (!rotated) return UNCHANGED;
  const key = `${architecture}.attention.head_count`;
  const said = (rotated.keys ? metadata.get(`${key}_kv`) : undefined) ?? metadata.get(key);
  const heads = Number(Array.isArray(said) ? said[rotated.layer] : said);
  const rows = shape[0] ?? 0;
  if (Number.isSafeInteger(heads) && heads > 0 && rows % (2 * heads) === 0) return { heads, added: 0 };
  throw new UserError(
    `${file}: tensor "${name}" has ${rows} rows, which ${key} ${String(said)} does not divide into halves of heads; convert the model again`,
  );
}
