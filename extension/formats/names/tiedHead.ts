/** Models whose output head is their input embedding, and what replaces the head if it is not stored. */
import { isRange, type RangeSource, type TensorSource } from '../tensorSource.ts';
import { readExactly } from '../readExactly.ts';
import { openRegular } from '../regularFile.ts';

/** Output heads of language models, by library; `lm_head.weight` in most. */
const HEAD =
  /(^|\.)(lm_head|embed_out|output_projection|cls\.predictions\.decoder|lm_head\.decoder)\.weight$/;

/** Input embeddings. */
const EMBEDDING =
  /(^|\.)(embed_tokens|wte|word_embeddings|embed_in|tok_embeddings|embedding|shared)\.weight$/;

type Shapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** Whether a tensor is an output head over the vocabulary. */
export const isHead = (name: string): boolean => HEAD.test(name);

/**
 * The name of the embedding that a tied head shares: of the same shape, and closest by name.
 * @param shape of the head; undefined where only its name is known
 */
export function embeddingOf(
  head: string,
  shape: readonly number[] | undefined,
  tensors: Shapes,
): string | undefined {
  const candidates = [...tensors].filter(
    ([name, tensor]) => EMBEDDING.test(name) && (!shape || tensor.shape.join() === shape.join()),
  );
  const shared = ([name]: readonly [string, unknown]) => commonParts(head, name);
  // Encoder and decoder may repeat the shared embedding, which has the shortest name.
  candidates.sort((a, b) => shared(b) - shared(a) || a[0].length - b[0].length || (a[0] < b[0] ? -1 : 1));
  return candidates[0]?.[0];
}

/** How many leading parts two names have in common. */
function commonParts(a: string, b: string): number {
  const [x, y] = [a.split('.'), b.split('.')];
  let common = 0;
  while (common < x.length && x[common] === y[common]) common++;
  return common;
}

/** The names of a model's head and of the embedding that it may be; undefined unless it stores both and has one head. */
export function headAndEmbedding(tensors: Shapes): readonly [head: string, embedding: string] | undefined {
  const [head, second] = [...tensors.keys()].filter(isHead);
  if (head === undefined || second !== undefined) return undefined;
  const embedding = embeddingOf(head, tensors.get(head)?.shape, tensors);
  return embedding === undefined ? undefined : [head, embedding];
}

/** Bytes compared at either end of a tensor: two different tensors do not agree in so many. */
const SAMPLE_BYTES = 64 << 10;

/** If a model stores both and nothing says whether they are tied, compares their bytes at either end. */
export async function storesEmbeddingAsHead(
  tensors: ReadonlyMap<string, TensorSource>,
): Promise<boolean | undefined> {
  const [head, embedding] = headAndEmbedding(tensors)?.map(name => tensors.get(name)) ?? [];
  if (!head || !embedding) return undefined;
  return sameBytes(head, embedding);
}

/** As far as can be told without reading all of it. */
export async function sameBytes(head: TensorSource, embedding: TensorSource): Promise<boolean> {
  if (head.dtype !== embedding.dtype || head.bytes !== embedding.bytes) return false;
  // A computed tensor is never tied: it was changed separately.
  if (!isRange(head) || !isRange(embedding)) return false;
  const [a, b] = await Promise.all([ends(head), ends(embedding)]);
  return a.equals(b);
}

/** The first and the last bytes of a tensor. */
async function ends({ file, offset, bytes }: RangeSource): Promise<Buffer> {
  const length = Math.min(bytes, SAMPLE_BYTES);
  const sample = Buffer.alloc(2 * length);
  const { handle } = await openRegular(file);
  try {
    await readExactly(handle, sample.subarray(0, length), offset, file);
    await readExactly(handle, sample.subarray(length), offset + bytes - length, file);
  } finally {
    await handle.close();
  }
  return sample;
}
