/** Quantizes a tensor with a codebook and emits its payload: the codebook's values, the codes, the groups' scales. */
import { packedBytes } from '../../../../kernels/codes.ts';
import { Xxh64 } from '../../../../kernels/checksum.ts';
import type { JobContext, RecordOutcome } from '../../scheduler/job.ts';
import { scaleBytes } from '../../../formats/tvq/codebookPayload.ts';
import { codebookOf, type Codebook } from './codebook.ts';
import { CodebookValues, NO_PRODUCTS } from './codebookValues.ts';
import { codedBytes, type CodebookCoding, type Reconstruction } from '../coding.ts';
import { gainOf } from '../entropy/lattice.ts';
import type { CodebookMemory, Range, Values } from '../vectorEncoder.ts';

interface CodebookJob {
  readonly count: number;
  readonly resident: boolean;
  readonly output: number;
  readonly coding: CodebookCoding;
  readonly reconstruction: Reconstruction;
}

export class CodebookEncoder {
  readonly #through: CodebookValues;

  constructor(
    private readonly context: JobContext,
    private readonly memory: CodebookMemory,
    private readonly job: CodebookJob,
    private readonly values: Values,
  ) {
    this.#through = new CodebookValues(context, memory, job.coding, job, values);
  }

  /** First pass. */
  range(): Promise<Range> {
    return this.#through.range();
  }

  /** undefined: too small to have a scale. */
  unitOf(range: Range): number | undefined {
    return this.#through.unitOf(range);
  }

  /** The passes after the first: fits the codebook, quantizes and emits. */
  async emit(unit: number): Promise<RecordOutcome> {
    const { context, job, memory } = this;
    const { coding, output, count } = job;
    const { bits, design, groupSize } = coding;
    const histogram = design === 'gaussian' ? [] : await this.#through.histogram(unit);
    const codebook = codebookOf(design, bits, histogram);
    const hash = new Xxh64(context.kernels);
    const put = async (bytes: Uint8Array): Promise<void> => {
      hash.update(bytes);
      await context.emit({ type: 'bytes', bytes: bytes as Uint8Array<ArrayBuffer> });
    };

    await context.emit({ type: 'begin', output, codec: 'codebook', bytes: codedBytes(coding, count) });
    await put(valueBytes(codebook));
    const scales: Uint8Array[] = [];
    let sums = NO_PRODUCTS;
    for (const span of this.#through.spans()) {
      await this.#through.each(span, unit, async chunk => {
        sums = await this.#through.apply(unit, bits, codebook, chunk, sums);
      });
      await put(await context.backend.read(memory.codes, 0, packedBytes(span.count, bits)));
      if (groupSize !== 0)
        scales.push(await context.backend.read(memory.scales, 0, scaleBytes(groupSize, span.count)));
    }
    for (const bytes of scales) await put(bytes);

    const projected = { restored: sums.yy, cross: sums.xy };
    const { gain, error } = gainOf(sums.xx, projected, job.reconstruction);
    return {
      codec: 'codebook',
      scales: [Math.fround(unit * gain), 0],
      checksum: hash.digest(),
      errors: [error, this.values.energy ?? sums.xx],
    };
  }
}

/** A codebook's values as little-endian float32. */
function valueBytes({ values }: Codebook): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.byteLength));
  values.forEach((value, code) => view.setFloat32(4 * code, value, true));
  return new Uint8Array(view.buffer);
}
