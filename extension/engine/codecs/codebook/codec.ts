/** Codebooks of four designs, as a codec. */
import { codebookParts, ROTATION, type GroupSize } from '../../../formats/tvq/codebookPayload.ts';
import { translatable } from '../../../shared/translatable.ts';
import type { Asked, Codec } from '../codec.ts';
import type { CodebookCoding, Design } from './codebook.ts';
import { measureCodebook } from './codebookAnalysis.ts';
import { quantizeCodebook } from './codebookEncoder.ts';
import { CodebookReader } from './codebookReader.ts';
import { codebookExtra } from './codebookValues.ts';

/** @param usual group size if a recipe does not say: the best one for the design */
const asked = (design: Design, usual: GroupSize, rotated = false): Asked<CodebookCoding> => ({
  grouped: true,
  ofWidth: (bits, groupSize = usual) => ({ codec: 'codebook', bits, design, groupSize, rotated }),
});

export const codebook: Codec<CodebookCoding> = {
  asked: {
    clip: asked('clip', 64),
    gaussian: asked('gaussian', 64),
    'lloyd-max': asked('lloyd-max', 64),
    hadamard: asked('gaussian', 256, true),
  },
  stored: ({ bits, groupSize, rotated }) => ({ codec: 'codebook', bits, groupSize, rotated }),
  bytes: (coding, count) => codebookParts(coding, count).bytes,
  nominalBits: ({ bits }) => bits,
  // Fitting a codebook counts values by 8-bit codes.
  codeBits: () => 8,
  extra: codebookExtra,
  quantize: quantizeCodebook,
  measure: measureCodebook,
  decoding: undefined,
  reader: reading => new CodebookReader(reading),
  facts: ({ codec, scales: [unit] }) => {
    const { bits, groupSize, rotated } = codec;
    const facts = [
      { name: 'bits', value: bits, meaning: translatable('Width of a code.') },
      {
        name: 'group size',
        value: groupSize,
        meaning: translatable('Values that share a scale; 0: the whole tensor does.'),
      },
      { name: 'unit', value: unit, meaning: translatable('The largest scale that a group can have.') },
    ];
    const rotation = translatable('Values that were rotated together.');
    return rotated ? [...facts, { name: 'rotation', value: ROTATION, meaning: rotation }] : facts;
  },
};
