import type { CodecFact } from '../../protocol/tensors.ts';
import { translatable } from '../../shared/translatable.ts';
import { ROTATION } from '../../formats/tvq/codebookPayload.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';

/** What turns a record's codes back into values, as named numbers: the one place that knows each codec's. */
export function codecFacts({ codec, scales }: TvqRecord): CodecFact[] {
  const [first, second] = scales;
  switch (codec.codec) {
    case 'affine':
      return [
        { name: 'bits', value: codec.bits, meaning: translatable('Width of a code.') },
        { name: 'step', value: 1 / first, meaning: translatable('Distance of two neighbouring values.') },
        { name: 'scale', value: first, meaning: translatable('Codes for one unit of value: 1 / step.') },
        { name: 'zero point', value: second, meaning: translatable('The code that stands for 0.') },
      ];
    case 'codebook':
      return [
        { name: 'bits', value: codec.bits, meaning: translatable('Width of a code.') },
        {
          name: 'group size',
          value: codec.groupSize,
          meaning: translatable('Values that share a scale; 0: all of the tensor do.'),
        },
        { name: 'unit', value: first, meaning: translatable('The largest scale that a group can have.') },
        ...(codec.rotated
          ? [
              {
                name: 'rotation',
                value: ROTATION,
                meaning: translatable('Values that were rotated together.'),
              },
            ]
          : []),
      ];
    case 'entropy':
      return [
        {
          name: 'unit',
          value: first,
          meaning: translatable('Distance of two neighbouring values, before they are rotated back.'),
        },
        {
          name: 'step',
          value: second,
          meaning: translatable('Distance at which values were rounded to codes.'),
        },
        {
          name: 'gain',
          value: first / second,
          meaning: translatable('Unit / step: what keeps the restored vector as long as the original.'),
        },
      ];
    case 'constant':
      return [{ name: 'value', value: second, meaning: translatable('What every element is.') }];
    case 'exact':
    case 'same':
    case 'absent':
      return [];
  }
}
