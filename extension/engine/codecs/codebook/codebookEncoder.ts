/** Quantizes a tensor with a codebook and emits its payload: the codebook's values, the codes, the groups' scales. */
import { packedBytes } from '../../../../kernels/codes.ts';
import { Xxh64 } from '../../../../kernels/checksum.ts';
import type { ItemContext, RecordOutcome } from '../../scheduler/item.ts';
import { codebookParts, scaleBytes } from '../../../formats/tvq/codebookPayload.ts';
import { withoutPayload, type EncoderMemory, type Encoding } from '../codec.ts';
import { gainOf } from '../gain.ts';
import type { Values } from '../values.ts';
import { codebookOf, type Codebook, type CodebookCoding } from './codebook.ts';
import { CodebookValues, NO_PRODUCTS } from './codebookValues.ts';

/** A pass for the range, one for a codebook that is fitted, one for the codes. @returns undefined for NaN, infinity, or values too small to have a scale */
export async function quantizeCodebook(
  context: ItemContext,
  memory: EncoderMemory,
  encoding: Encoding<CodebookCoding>,
  values: Values,
): Promise<RecordOutcome | undefined> {
  const through = new CodebookValues(context, memory, encoding.coding, encoding, values);
  const range = await through.range();
  const { min, max, finite } = range.extent;
  if (!finite) return undefined;
  if (min === max) return withoutPayload('constant', min);
  const unit = through.unitOf(range);
  if (unit === undefined) return undefined;

  const { coding, output, count, reconstruction } = encoding;
  const { bits, design, groupSize } = coding;
  const histogram = design === 'gaussian' ? [] : await through.histogram(unit);
  const codebook = codebookOf(design, bits, histogram);
  const hash = new Xxh64(context.kernels);
  const put = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await context.emit({ type: 'bytes', bytes: bytes as Uint8Array<ArrayBuffer> });
  };

  await context.emit({ type: 'begin', output, codec: 'codebook', bytes: codebookParts(coding, count).bytes });
  await put(valueBytes(codebook));
  const scales: Uint8Array[] = [];
  let sums = NO_PRODUCTS;
  for (const span of through.spans()) {
    await through.each(span, unit, async chunk => {
      sums = await through.apply(unit, bits, codebook, chunk, sums);
    });
    await put(await context.backend.read(memory.codes, 0, packedBytes(span.count, bits)));
    if (groupSize !== 0)
      scales.push(await context.backend.read(through.scales, 0, scaleBytes(groupSize, span.count)));
  }
  for (const bytes of scales) await put(bytes);

  const { gain, error } = gainOf(sums.xx, { restored: sums.yy, cross: sums.xy }, reconstruction);
  return {
    codec: 'codebook',
    scales: [Math.fround(unit * gain), 0],
    checksum: hash.digest(),
    errors: [error, values.energy ?? sums.xx],
  };
}

/** A codebook's values as little-endian float32. */
function valueBytes({ values }: Codebook): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.byteLength));
  values.forEach((value, code) => view.setFloat32(4 * code, value, true));
  return new Uint8Array(view.buffer);
}
