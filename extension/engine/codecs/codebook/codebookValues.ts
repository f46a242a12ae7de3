/** Passes a tensor's values through a codebook: shared by the encoder and the analysis. */
import { CODES } from '../../../../kernels/codes.ts';
import type { Region } from '../../../../kernels/memory.ts';
import { groupsOf } from '../../../../kernels/groups.ts';
import type { Products } from '../../../../kernels/stages/products/stage.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { ROTATION, stageGroupSize } from '../../../formats/tvq/codebookPayload.ts';
import { inverseTable, scaleTable, scaleThresholds, UNIT_BYTE } from './groupScale.ts';
import { spansOf, type Span } from '../../tensors/tensorInput.ts';
import type { EncoderMemory } from '../codec.ts';
import { addCounts } from '../entropy/lattice.ts';
import { eachChunk, rangeOf, type Range, type Values } from '../values.ts';
import { BINS, type Codebook, type CodebookCoding } from './codebook.ts';

/** With a smaller unit, groups would have scales whose squares float32 cannot represent. */
const LEAST_UNIT = 2 ** -40;

/** Scales take a byte a group of at least this many values. */
const SMALLEST_GROUP = 32;

/** Bytes that a codebook needs besides values and codes: scales of one span's groups, a byte each, and one chunk's
 * restored values. */
export const codebookExtra = (chunk: number, span: number): readonly [scales: number, restored: number] => [
  Math.ceil(span / SMALLEST_GROUP) + 4,
  4 * Math.min(chunk, span),
];

export const NO_PRODUCTS: Products = { xy: 0, xx: 0, yy: 0 };

export class CodebookValues {
  readonly groupSize: number;
  /** Scales of one span's groups. */
  readonly scales: Region;
  /** What one chunk's codes stand for. */
  readonly #restored: Region;
  readonly #grouped: boolean;
  readonly #rotated: boolean;

  constructor(
    private readonly context: ItemContext,
    private readonly memory: EncoderMemory,
    coding: Pick<CodebookCoding, 'groupSize' | 'rotated'>,
    private readonly tensor: { readonly count: number; readonly resident: boolean },
    private readonly values: Values,
  ) {
    [this.scales, this.#restored] = memory.extra as [Region, Region];
    this.#grouped = coding.groupSize !== 0;
    this.#rotated = coding.rotated;
    this.groupSize = stageGroupSize(coding.groupSize);
  }

  spans(): Span[] {
    return spansOf(this.tensor.count, this.tensor.resident);
  }

  range(): Promise<Range> {
    return rangeOf(this.context, this.memory.x, this.tensor, this.values);
  }

  /** The largest scale that a group can have; the tensor's only scale if it has no groups. undefined: too small for a
   * scale. */
  unitOf({ extent, energy }: Range): number | undefined {
    // A rotation can concentrate the values of a block in one of its groups.
    const gathered = this.#rotated ? Math.sqrt(ROTATION / this.groupSize) : 1;
    const most = Math.max(Math.abs(extent.min), Math.abs(extent.max)) * gathered;
    const unit = Math.fround(this.#grouped ? most : Math.sqrt(energy / this.tensor.count));
    return unit >= LEAST_UNIT ? unit : undefined;
  }

  /** How often normalised values fall into each bin. */
  async histogram(unit: number): Promise<Float64Array> {
    const counts = new Float64Array(CODES);
    const { backend } = this.context;
    const { codes } = this.memory;
    for (const span of this.spans()) {
      await this.each(span, unit, async ({ first, count }) => {
        await this.#quantize(unit, { bits: 8, boundaries: BINS }, first, count);
        addCounts(counts, await backend.codeCounts(codes, first, count));
      });
    }
    return counts;
  }

  /** Goes through a span's chunks, each with its values in `memory.x` and its groups' scales in `scales`. */
  async each(span: Span, unit: number, work: (chunk: Span) => Promise<void>): Promise<void> {
    const { backend } = this.context;
    const { scales } = this;
    const { x } = this.memory;
    const thresholds = scaleThresholds(unit);
    if (!this.#grouped) await this.#fillScales(span.count);
    await eachChunk(this.context, span, this.values, async chunk => {
      const { first, count } = chunk;
      await this.values.chunk(chunk, x);
      if (this.#rotated) await backend.rotate256(x, span.first + first, count);
      if (this.#grouped) await backend.groupScales(x, this.groupSize, thresholds, scales, first, count);
      await work(chunk);
    });
  }

  /** Quantizes the chunk in `memory.x`. @returns `before` with its sums over x and what its codes stand for */
  async apply(
    unit: number,
    bits: number,
    codebook: Codebook,
    chunk: Span,
    before: Products,
  ): Promise<Products> {
    const { backend } = this.context;
    const { x, codes } = this.memory;
    const restored = this.#restored;
    const { first, count } = chunk;
    await this.#quantize(unit, { bits, boundaries: codebook.boundaries }, first, count);
    const table = { bits, groupSize: this.groupSize, values: codebook.values, scales: scaleTable(unit) };
    await backend.dequantizeGroups(codes, this.scales, table, restored, first, count);
    return backend.products(x, restored, count, before);
  }

  async #quantize(
    unit: number,
    quantizer: { bits: number; boundaries: Float32Array },
    first: number,
    count: number,
  ): Promise<void> {
    const { x, codes } = this.memory;
    const { groupSize, scales } = this;
    const whole = { ...quantizer, groupSize, inverse: inverseTable(unit) };
    await this.context.backend.quantizeGroups(x, scales, whole, codes, first, count);
  }

  async #fillScales(count: number): Promise<void> {
    const bytes = groupsOf(count, this.groupSize);
    await this.context.backend.write(this.scales, 0, bytes, async view => void view.fill(UNIT_BYTE));
  }
}
