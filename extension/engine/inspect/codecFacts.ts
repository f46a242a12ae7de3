import type { CodecFact } from '../../protocol.ts';
import { ROTATION } from '../tvq/codebookPayload.ts';
import type { TvqRecord } from '../tvq/reader.ts';

/** What turns a record's codes back into values, as named numbers: the one place that knows each codec's. */
export function codecFacts({ codec, scales }: TvqRecord): CodecFact[] {
  const [first, second] = scales;
  switch (codec.codec) {
    case 'affine':
      return [
        { name: 'bits', value: codec.bits, meaning: 'Width of a code.' },
        { name: 'step', value: 1 / first, meaning: 'Distance of two neighbouring values.' },
        { name: 'scale', value: first, meaning: 'Codes for one unit of value: 1 / step.' },
        { name: 'zero point', value: second, meaning: 'The code that stands for 0.' },
      ];
    case 'codebook':
      return [
        { name: 'bits', value: codec.bits, meaning: 'Width of a code.' },
        {
          name: 'group size',
          value: codec.groupSize,
          meaning: 'Values that share a scale; 0: all of the tensor do.',
        },
        { name: 'unit', value: first, meaning: 'The largest scale that a group can have.' },
        ...(codec.rotated
          ? [{ name: 'rotation', value: ROTATION, meaning: 'Values that were rotated together.' }]
          : []),
      ];
    case 'entropy':
      return [
        {
          name: 'unit',
          value: first,
          meaning: 'Distance of two neighbouring values, before they are rotated back.',
        },
        { name: 'step', value: second, meaning: 'Distance at which values were rounded to codes.' },
        {
          name: 'gain',
          value: first / second,
          meaning: 'Unit / step: what keeps the restored vector as long as the original.',
        },
      ];
    case 'constant':
      return [{ name: 'value', value: second, meaning: 'What every element is.' }];
    case 'exact':
    case 'same':
    case 'absent':
      return [];
  }
}
