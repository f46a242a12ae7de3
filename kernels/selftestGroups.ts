/** A tiny version of the group stages, part of the self-test. */
import { packedBytes, type Backend } from './backend.ts';
import type { Scope } from './memory.ts';
import { groupsOf, SCALES, type GroupQuantizer, type GroupTable } from './groupStages.ts';
import { place } from './selftestCodec.ts';
import { digest, SELF_TEST_COUNT, selfTestTable, selfTestValues } from './selftestData.ts';

const COUNT = SELF_TEST_COUNT;

/** Mean squares, eight an octave; the values' groups have some of those in the middle. The first ones are flushed. */
export const SELF_TEST_THRESHOLDS = Float32Array.from({ length: SCALES - 1 }, (_, i) =>
  i < 3 ? i * 2 ** -128 : 2 ** (Math.floor(i / 8) - 16) * (1 + (i % 8) / 8),
);

const GROUP = 32;

/** Scales of 16 sizes. */
const scale = (byte: number): number => 1 + (byte % 16) / 16;

/** Codes of widths that divide a word, straddle words, and are the widest. */
export const SELF_TEST_WIDTHS = [2, 3, 8] as const;

export const selfTestQuantizer = (bits: number): GroupQuantizer => ({
  bits,
  groupSize: GROUP,
  inverse: Float32Array.from({ length: SCALES }, (_, byte) => 1 / scale(byte)),
  boundaries: Float32Array.from({ length: 2 ** bits - 1 }, (_, i) => (i + 1) * 6.1 * 2 ** -bits - 6),
});

export const selfTestGroupTable = (bits: number): GroupTable => ({
  bits,
  groupSize: GROUP,
  values: selfTestTable(bits),
  scales: Float32Array.from({ length: SCALES }, (_, byte) => scale(byte)),
});

/** Bytes of scales, whatever the values. */
export const selfTestScales = (): Uint8Array =>
  Uint8Array.from({ length: groupsOf(COUNT, GROUP) }, (_, group) => (group * 37) % SCALES);

/** Digests of what the stages leave in their regions. */
export const GROUP_CHECKS: Readonly<Record<string, (backend: Backend, memory: Scope) => Promise<string>>> = {
  group_scales: async (backend, memory) => {
    const x = await place(backend, memory, selfTestValues(20));
    const found: Uint8Array[] = [];
    for (const groupSize of [32, 256]) {
      const bytes = groupsOf(COUNT, groupSize);
      const scales = memory.alloc(bytes);
      await backend.groupScales(x, groupSize, SELF_TEST_THRESHOLDS, scales, 0, COUNT);
      found.push(await backend.read(scales, 0, bytes));
    }
    return digest(...found);
  },
  quantize_groups: async (backend, memory) => {
    const x = await place(backend, memory, selfTestValues(21));
    const scales = await place(backend, memory, selfTestScales());
    const codes = memory.alloc(COUNT);
    const packed: Uint8Array[] = [];
    for (const bits of SELF_TEST_WIDTHS) {
      await backend.quantizeGroups(x, scales, selfTestQuantizer(bits), codes, 0, COUNT);
      packed.push(await backend.read(codes, 0, packedBytes(COUNT, bits)));
    }
    return digest(...packed);
  },
  dequantize_groups: async (backend, memory) => {
    const codes = await place(backend, memory, selfTestValues(22));
    const scales = await place(backend, memory, selfTestScales());
    const out = memory.alloc(COUNT * 4);
    await backend.dequantizeGroups(codes, scales, selfTestGroupTable(3), out, 0, COUNT);
    return digest(await backend.read(out, 0, out.bytes));
  },
};

/** Digests of the right results. */
export const GROUP_EXPECTED: Readonly<Record<string, string>> = {
  group_scales: 'fa99d0a0',
  quantize_groups: 'c0e2adbc',
  dequantize_groups: 'cd5e3de7',
};
