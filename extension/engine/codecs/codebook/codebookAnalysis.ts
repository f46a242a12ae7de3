/** What a codebook of each width would cost a tensor, measured. */
import type { ItemContext } from '../../scheduler/item.ts';
import { codebookParts } from '../../../formats/tvq/codebookPayload.ts';
import type { EncoderMemory } from '../codec.ts';
import { gainOf } from '../gain.ts';
import { WIDTHS, type MeasuredChoices, type MeasuredTensor } from '../measured.ts';
import type { Values } from '../values.ts';
import { codebookOf, type CodebookCoding } from './codebook.ts';
import { CodebookValues, NO_PRODUCTS } from './codebookValues.ts';

/** Two passes over the values, three where the codebook is fitted to them. */
export async function measureCodebook(
  context: ItemContext,
  memory: EncoderMemory,
  tensor: MeasuredTensor,
  values: Values,
  { coding }: { readonly coding: CodebookCoding },
): Promise<MeasuredChoices<CodebookCoding>> {
  const { output, count } = tensor;
  const through = new CodebookValues(context, memory, coding, tensor, values);
  const range = await through.range();
  const { extent, energy } = range;
  const known = { output, elements: count, energy: values.energy ?? energy, ...extent };
  const unit = extent.finite && extent.min < extent.max ? through.unitOf(range) : undefined;
  if (unit === undefined) return { ...known, choices: [] };
  const histogram = coding.design === 'gaussian' ? [] : await through.histogram(unit);
  const widths = WIDTHS.map(bits => ({
    coding: { ...coding, bits },
    codebook: codebookOf(coding.design, bits, histogram),
    sums: NO_PRODUCTS,
  }));
  for (const span of through.spans()) {
    await through.each(span, unit, async chunk => {
      for (const width of widths) {
        width.sums = await through.apply(unit, width.coding.bits, width.codebook, chunk, width.sums);
      }
    });
  }
  const choices = widths.map(({ coding, sums }) => {
    const projected = { restored: sums.yy, cross: sums.xy };
    const errorOf = (reconstruction: 'unbiased' | 'nearest') =>
      gainOf(sums.xx, projected, reconstruction).error;
    return {
      coding,
      bytes: codebookParts(coding, count).bytes,
      error: { unbiased: errorOf('unbiased'), nearest: errorOf('nearest') },
    };
  });
  return { ...known, choices };
}
