/**
 * Speed of every CPU stage on one core, in GB per second of its F32 (or other named) input: `node
 * test/kernels/speed.mjs [elements a call] [elements in all]`. Needs dist/kernels.wasm.
 */
/* global WebAssembly */
import { readFileSync } from 'node:fs';

const chunk = Number(process.argv[2] ?? 262_144);
const total = Number(process.argv[3] ?? 32 * 1_048_576);
const [F32, F16, BF16, NONE] = [0, 1, 2, 3];
const WIDTH = [4, 2, 2];
const SCRATCH = 1024;

const memory = new WebAssembly.Memory({ initial: 65_000, maximum: 65_000 });
const wasm = new WebAssembly.Module(readFileSync(new URL('../../dist/kernels.wasm', import.meta.url)));
const kernels = new WebAssembly.Instance(wasm, { env: { memory } }).exports;

// As in kernels/wasm.ts, then a row's working memory.
const BINS = 65_536;
const WORDS = 73_728;
const GATHERED = 81_920;
const RADIX = 98_304;
const ROW = 196_608;
const DATA = ROW + 16 * 2 ** 20 + 65_536;
const tuned = DATA;
const reference = tuned + total * 4;
const x = reference + total * 4;
const y = x + chunk * 4 + 4096;
const codes = y + chunk * 4 + 4096;
const sum = codes + chunk * 4 + 4096;
const share = sum + chunk * 4 + 4096;

const f32 = new Float32Array(memory.buffer, DATA, 2 * total);
for (let i = 0; i < f32.length; i++) f32[i] = Math.sin(i) * 0.02;

/** Seconds for the fastest of three passes over `total` elements, in calls of `chunk`. */
function seconds(call) {
  let best = Infinity;
  for (let pass = 0; pass < 3; pass++) {
    const start = performance.now();
    for (let first = 0; first < total; first += chunk) call(first, Math.min(chunk, total - first));
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}

function report(name, bytesPerElement, call) {
  const time = seconds(call);
  console.log(`${name.padEnd(44)} ${((total * bytesPerElement) / time / 1e9).toFixed(2).padStart(7)} GB/s`);
}

const delta = (t, r, out) => (first, count) =>
  kernels.deltaMinmax(
    tuned + first * WIDTH[t],
    t,
    reference + first * (WIDTH[r] ?? 0),
    r,
    out,
    count,
    SCRATCH,
  );
report('delta_minmax F32 - F32', 4, delta(F32, F32, x));
report('delta_minmax F32 - F32, not stored', 4, delta(F32, F32, 0));
report('delta_minmax BF16 - BF16 (GB of BF16)', 2, delta(BF16, BF16, x));
report('delta_minmax BF16 - BF16, not stored', 2, delta(BF16, BF16, 0));
report('delta_minmax F16 - F16 (GB of F16)', 2, delta(F16, F16, x));
report('delta_minmax F32, no reference', 4, delta(F32, NONE, x));

report('accumulate F32, first', 4, (first, count) => kernels.accumulate(x, tuned + first * 4, F32, 1, count));
report('accumulate F32', 4, (first, count) => kernels.accumulate(x, tuned + first * 4, F32, 0, count));
report('mean_delta F32', 4, (first, count) =>
  kernels.meanDelta(x, 8, reference + first * 4, F32, x, count, SCRATCH),
);

kernels.deltaMinmax(tuned, F32, reference, F32, x, chunk, SCRATCH);
for (const bits of [1, 2, 3, 4, 5, 6, 7, 8]) {
  const scale = (2 ** bits - 1) / 0.08;
  report(`quantize_pack ${bits} bits`, 4, (_, count) =>
    kernels.quantizePack(x, scale, 2 ** (bits - 1), bits, codes, count, 4096, SCRATCH),
  );
}
for (const bits of [1, 2, 3, 4, 5, 6, 7, 8]) {
  report(`unpack_dequantize ${bits} bits`, 4, (_, count) =>
    kernels.unpackDequantize(codes, bits, SCRATCH, 0, NONE, y, count),
  );
}
report('unpack_dequantize 3 bits + F32', 4, (first, count) =>
  kernels.unpackDequantize(codes, 3, SCRATCH, reference + first * 4, F32, y, count),
);
report('unpack_dequantize 3 bits + BF16', 4, (first, count) =>
  kernels.unpackDequantize(codes, 3, SCRATCH, reference + first * 2, BF16, y, count),
);
report('delta_energy F32 - F32', 4, (first, count) =>
  kernels.deltaEnergy(tuned + first * 4, F32, reference + first * 4, F32, count, 0, 4096),
);
report('encode BF16', 4, (_, count) => kernels.encode(x, BF16, codes, count, SCRATCH));
report('encode F16', 4, (_, count) => kernels.encode(x, F16, codes, count, SCRATCH));
report('xxh64 (GB of bytes)', 4, (first, count) => kernels.xxh64Update(16_384, tuned + first * 4, count * 4));

kernels.axpy(sum, x, 0.4, 1, chunk);
report('axpy', 4, (first, count) => kernels.axpy(sum, tuned + first * 4, 0.4, first === 0 ? 1 : 0, count));
const histogram = (shift, bits, prefix) => (first, count) =>
  kernels.magnitudeHistogram(tuned + first * 4, shift, bits, prefix, count, BINS, RADIX, GATHERED);
report('magnitude_histogram level 0', 4, histogram(20, 11, 0));
// 2^-7 and the eighth of an octave above it, where these magnitudes are most frequent.
const bits = 0x3c000000;
report('magnitude_histogram level 1', 4, histogram(10, 10, bits >>> 20));
report('magnitude_histogram level 2', 4, histogram(0, 10, bits >>> 10));
report('magnitude_histogram level 0, one magnitude', 4, (_, count) =>
  kernels.magnitudeHistogram(share, 20, 11, 0, count, BINS, RADIX, GATHERED),
);
report('magnitude_histogram level 1, one magnitude', 4, (_, count) =>
  kernels.magnitudeHistogram(share, 10, 10, 0, count, BINS, RADIX, GATHERED),
);
report('trim', 4, (_, count) => kernels.trim(x, 0x3b000000, count));
report('sign_counts', 4, (_, count) => kernels.signCounts(x, count, SCRATCH));
report('disjoint_sum', 4, (first, count) =>
  kernels.disjointSum(reference + first * 4, tuned + first * 4, 1, 1, 1, sum, share, first === 0, count),
);
report('quotient', 4, (_, count) => kernels.quotient(sum, share, count));
report('max_magnitude', 4, (first, count) => kernels.maxMagnitude(y, tuned + first * 4, 0, count));
report('consensus_vote', 4, (first, count) =>
  kernels.consensusVote(reference + first * 4, tuned + first * 4, 0.4, share, first === 0, count),
);
report('keep_voted', 4, (_, count) => kernels.keepVoted(x, share, 1, count));
report('unify', 4, (first, count) => kernels.unify(reference + first * 4, tuned + first * 4, y, 0, count));
report('mask_by_sign', 4, (first, count) => kernels.maskBySign(tuned + first * 4, y, x, count));
report('compare_task', 4, (first, count) =>
  kernels.compareTask(y, tuned + first * 4, share, first === 0, count, 4096, SCRATCH, SCRATCH + 64),
);
report('products', 4, (first, count) => kernels.products(tuned + first * 4, y, count, 4096, SCRATCH));
report('abs_sum', 4, (first, count) => kernels.absSum(tuned + first * 4, count, 0, 4096));
report('random_drop', 4, (first, count) => {
  const at = tuned + first * 4;
  kernels.randomDrop(at, 2 ** 31, 2, 1, 2, 3, 4, first / 4, count, WORDS);
});
for (const length of [768, 4096]) {
  report(`rank_drop, rows of ${length}`, 4, (first, count) => {
    const [at, rows] = [reference + first * 4, Math.floor(count / length)];
    kernels.rankDrop(at, rows, length, 2 ** 31, 9, 0, 1, 2, 3, 4, first, RADIX, WORDS, ROW);
  });
}
f32.forEach((_, i) => (f32[i] = Math.sin(i * i) * 0.02));
for (const length of [768, 4096]) {
  report(`row_band, rows of ${length}`, 4, (first, count) => {
    const [at, rows] = [reference + first * 4, Math.floor(count / length)];
    new Float32Array(memory.buffer, at, count).set(f32.subarray(first, first + count));
    kernels.rowBand(at, rows, length, length * 0.006, length * 0.15, RADIX, ROW, SCRATCH);
  });
}

// As kernels/entropy.ts calls them: codes of a normal distribution of 5.2 bits.
const RANS = 164_352;
const COUNTS = 192;
const TABLE = 1024;
const STREAM = 8192;
const coded = new Uint8Array(memory.buffer, codes, chunk);
let seed = 1;
const uniform = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
coded.forEach((_, i) => {
  const spread = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  coded[i] = Math.min(255, Math.max(0, 128.5 + 9 * spread));
});
report('rotate_4', 4, (first, count) => kernels.rotate4(x, first / 32, 0, count));
report('rotate_256', 4, (first, count) => kernels.rotate256(x, first / 32, count));
// Thresholds, inverse scales and boundaries as kernels/stages/*/stage.ts place them.
const LANES = 4096;
const tables = new Float32Array(memory.buffer);
for (let i = 0; i < 256; i++) tables[TABLE / 4 + i] = 2 ** (i / 16 - 22);
for (const size of [32, 256]) {
  report(`group_scales, groups of ${size}`, 4, (first, count) =>
    kernels.groupScales(tuned + first * 4, size, TABLE, share, count, LANES),
  );
}
for (const width of [1, 2, 3, 4, 5, 6, 8]) {
  for (let i = 0; i < 256; i++) tables[TABLE / 4 + i] = 50 * (1 + (i % 7));
  for (let i = 1; i < 2 ** width; i++) tables[LANES / 4 + i - 1] = (i * 2 ** (1 - width) - 1) * 1.5;
  report(`quantize_groups to ${width} bits`, 4, (first, count) =>
    kernels.quantizeGroups(tuned + first * 4, share, 64, TABLE, LANES, width, codes, count),
  );
}
for (const width of [2, 4, 8]) {
  report(`dequantize_groups from ${width} bits`, 4, (_, count) =>
    kernels.dequantizeGroups(codes, width, TABLE, share, 64, LANES, y, count),
  );
}
report('code_counts (GB of codes)', 1, (_, count) => kernels.codeCounts(codes, count, BINS));
const counted = new Uint32Array(memory.buffer, BINS, 256);
const frequencies = Uint16Array.from(counted, count =>
  count > 0 ? 1 + Math.floor((count / chunk) * 16_000) : 0,
);
frequencies[128] += 2 ** 14 - frequencies.reduce((sum, frequency) => sum + frequency, 0);
const starts = new Uint32Array(memory.buffer, BINS, 2048);
const encodeAll = (_, count) => {
  new Uint16Array(memory.buffer, TABLE, 256).set(frequencies);
  let end = sum;
  for (let first = 0; first < count; first += 4 * STREAM) {
    const size = Math.min(4 * STREAM, count - first);
    kernels.ransEncode(codes + first, size, TABLE, RANS, RADIX, COUNTS);
    for (let k = 0; k * STREAM < size; k++) {
      const length = new Uint32Array(memory.buffer, COUNTS, 4)[k];
      const from = RADIX + (k + 1) * 16_400 - length;
      new Uint8Array(memory.buffer).copyWithin(end, from, from + length);
      starts[first / STREAM + k] = (end - sum) / 2;
      end += length;
      starts[first / STREAM + k + 1] = (end - sum) / 2;
    }
  }
};
report('rANS, encoding (GB of codes)', 1, encodeAll);
encodeAll(0, chunk);
report('rans_decode (GB of codes)', 1, (_, count) => kernels.ransDecode(sum, BINS, TABLE, y, count, RANS));

report('TVQ of one F32 tensor: hash to error', 4, (first, count) => {
  kernels.xxh64Update(16_384, tuned + first * 4, count * 4);
  delta(F32, F32, 0)(first, count);
  delta(F32, F32, x)(first, count);
  kernels.quantizePack(x, 40, 2, 2, codes, count, 4096, SCRATCH);
  kernels.xxh64Update(16_384, codes, count / 4);
});
report('TIES of one BF16 task (GB of BF16)', 2, (first, count) => {
  const restore = delta(BF16, BF16, x);
  for (const [shift, width] of [
    [20, 11],
    [10, 10],
    [0, 10],
  ]) {
    restore(first, count);
    kernels.magnitudeHistogram(x, shift, width, bits >>> (shift + width), count, BINS, RADIX, GATHERED);
  }
  // One pass for the total, whose signs count, one for the sums.
  for (const pass of [0, 1]) {
    restore(first, count);
    kernels.trim(x, bits, count);
    if (pass === 0) kernels.axpy(y, x, 1, 0, count);
    else kernels.disjointSum(y, x, 1, 1, 1, sum, share, 0, count);
  }
  kernels.signCounts(y, count, SCRATCH);
  kernels.quotient(sum, share, count);
  kernels.encode(sum, BF16, codes, count, SCRATCH);
});
