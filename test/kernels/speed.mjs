/**
 * Speed of every CPU stage on one core, in GB of its F32 (or as named) input a second:
 * `node test/kernels/speed.mjs [elements a call] [elements in all]`. Needs dist/kernels.wasm.
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

const DATA = 65_536;
const tuned = DATA;
const reference = tuned + total * 4;
const x = reference + total * 4;
const y = x + chunk * 4 + 4096;
const codes = y + chunk * 4 + 4096;

const f32 = new Float32Array(memory.buffer, DATA, 2 * total);
for (let i = 0; i < f32.length; i++) f32[i] = Math.sin(i) * 0.02;

/** Seconds of the fastest of three passes over `total` elements, in calls of `chunk`. */
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
    kernels.quantizePack(x, scale, 2 ** (bits - 1), bits, codes, count),
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
report('squared_error', 4, (_, count) => kernels.squaredError(x, y, count, 8192, SCRATCH));
report('encode BF16', 4, (_, count) => kernels.encode(x, BF16, codes, count));
report('encode F16', 4, (_, count) => kernels.encode(x, F16, codes, count));
report('xxh64 (GB of bytes)', 4, (first, count) => kernels.xxh64Update(16_384, tuned + first * 4, count * 4));

report('TVQ of one F32 tensor: hash to error', 4, (first, count) => {
  kernels.xxh64Update(16_384, tuned + first * 4, count * 4);
  delta(F32, F32, 0)(first, count);
  delta(F32, F32, x)(first, count);
  kernels.quantizePack(x, 40, 2, 2, codes, count);
  kernels.unpackDequantize(codes, 2, SCRATCH, 0, NONE, y, count);
  kernels.squaredError(x, y, count, 8192, SCRATCH);
  kernels.xxh64Update(16_384, codes, count / 4);
});
