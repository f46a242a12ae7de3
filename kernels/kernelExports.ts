/** The functions of the WebAssembly module. */

/** A byte address in the module's memory. */
export type Pointer = number;

/** What kernels/cpu/index.ts exports. */
export interface KernelExports {
  deltaMinmax(
    tuned: Pointer,
    tunedType: number,
    reference: Pointer,
    referenceType: number,
    out: Pointer,
    count: number,
    extent: Pointer,
  ): void;
  accumulate(sum: Pointer, tuned: Pointer, tunedType: number, first: number, count: number): void;
  meanDelta(
    sum: Pointer,
    tasks: number,
    base: Pointer,
    baseType: number,
    out: Pointer,
    count: number,
    extent: Pointer,
  ): void;
  quantizePack(
    x: Pointer,
    scale: number,
    zero: number,
    bits: number,
    codes: Pointer,
    count: number,
    lanes: Pointer,
    sums: Pointer,
  ): void;
  unpackDequantize(
    codes: Pointer,
    bits: number,
    table: Pointer,
    addend: Pointer,
    addendType: number,
    out: Pointer,
    count: number,
  ): void;
  deltaEnergy(
    tuned: Pointer,
    tunedType: number,
    base: Pointer,
    baseType: number,
    count: number,
    before: number,
    lanes: Pointer,
  ): number;
  encode(x: Pointer, type: number, out: Pointer, count: number, counts: Pointer): void;
  axpy(sum: Pointer, x: Pointer, weight: number, first: number, count: number): void;
  magnitudeHistogram(
    x: Pointer,
    shift: number,
    bits: number,
    prefix: number,
    count: number,
    counts: Pointer,
    work: Pointer,
    gathered: Pointer,
  ): void;
  trim(x: Pointer, threshold: number, count: number): number;
  signCounts(x: Pointer, count: number, counts: Pointer): void;
  disjointSum(
    total: Pointer,
    x: Pointer,
    zeroSign: number,
    weight: number,
    sum: Pointer,
    share: Pointer,
    first: number,
    count: number,
  ): void;
  quotient(x: Pointer, share: Pointer, least: number, count: number): void;
  maxMagnitude(best: Pointer, x: Pointer, first: number, count: number): void;
  consensusVote(
    total: Pointer,
    x: Pointer,
    lambda: number,
    votes: Pointer,
    first: number,
    count: number,
  ): void;
  keepVoted(x: Pointer, votes: Pointer, least: number, count: number): number;
  unify(total: Pointer, x: Pointer, unified: Pointer, first: number, count: number): void;
  maskBySign(x: Pointer, unified: Pointer, out: Pointer, count: number): void;
  rowBand(
    x: Pointer,
    rows: number,
    length: number,
    drop: number,
    keep: number,
    work: Pointer,
    keys: Pointer,
    bound: Pointer,
  ): void;
  randomDrop(
    x: Pointer,
    keepBelow: number,
    scale: number,
    seed0: number,
    seed1: number,
    tensor: number,
    task: number,
    block: number,
    count: number,
    words: Pointer,
  ): void;
  rankDrop(
    x: Pointer,
    rows: number,
    length: number,
    low: number,
    step: number,
    rescale: number,
    seed0: number,
    seed1: number,
    tensor: number,
    task: number,
    index: number,
    work: Pointer,
    words: Pointer,
    pairs: Pointer,
  ): void;
  compareTask(
    delta: Pointer,
    x: Pointer,
    flags: Pointer,
    first: number,
    count: number,
    lanes: Pointer,
    sums: Pointer,
    counts: Pointer,
  ): void;
  products(x: Pointer, y: Pointer, count: number, lanes: Pointer, sums: Pointer): void;
  absSum(x: Pointer, count: number, before: number, lanes: Pointer): number;
  rotate(x: Pointer, word: number, block: number, count: number): void;
  rotate256(x: Pointer, word: number, count: number): void;
  codeCounts(codes: Pointer, count: number, counts: Pointer): void;
  ransDecode(
    payload: Pointer,
    offsets: Pointer,
    frequencies: Pointer,
    codes: Pointer,
    count: number,
    slots: Pointer,
  ): void;
  ransEncode(
    codes: Pointer,
    count: number,
    frequencies: Pointer,
    symbols: Pointer,
    words: Pointer,
    lengths: Pointer,
  ): number;
  groupScales(
    x: Pointer,
    groupSize: number,
    thresholds: Pointer,
    scales: Pointer,
    count: number,
    work: Pointer,
  ): void;
  quantizeGroups(
    x: Pointer,
    scales: Pointer,
    groupSize: number,
    inverse: Pointer,
    boundaries: Pointer,
    bits: number,
    codes: Pointer,
    count: number,
  ): void;
  dequantizeGroups(
    codes: Pointer,
    bits: number,
    values: Pointer,
    bytes: Pointer,
    groupSize: number,
    scales: Pointer,
    out: Pointer,
    count: number,
  ): void;
  demote(at: Pointer, count: number): void;
  xxh64Reset(state: Pointer): void;
  xxh64Update(state: Pointer, data: Pointer, length: number): void;
  xxh64Digest(state: Pointer): bigint;
}
