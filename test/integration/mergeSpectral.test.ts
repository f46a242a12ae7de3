/** iso_c and tsv_m on checkpoints: what rounding leaves in a difference is not a direction of the task. */
import { describe, expect, test } from 'vitest';
import { f32, noise, u16, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

const [ROWS, COLUMNS, RANK, TASKS] = [96, 80, 8, 3];
const value = noise(1);
const values = (count: number): number[] => Array.from({ length: count }, () => 0.1 * value());
const base = Float64Array.from(values(ROWS * COLUMNS));

/** A low-rank difference, like that of a LoRA adapter merged into the weights. */
function lowRank(): { readonly delta: Float64Array; readonly left: number[][] } {
  const left = Array.from({ length: RANK }, () => values(ROWS));
  const right = Array.from({ length: RANK }, () => values(COLUMNS));
  const delta = base.map((_, at) => {
    const [i, j] = [Math.floor(at / COLUMNS), at % COLUMNS];
    return left.reduce((sum, column, k) => sum + column[i]! * right[k]![j]!, 0);
  });
  return { delta, left };
}

/** An orthonormal basis of what the columns span (Gram–Schmidt, twice for accuracy). */
function orthonormal(columns: readonly (readonly number[])[]): number[][] {
  const basis: number[][] = [];
  for (const column of columns) {
    let rest = [...column];
    for (let round = 0; round < 2; round++)
      for (const known of basis) {
        const share = rest.reduce((sum, x, i) => sum + x * known[i]!, 0);
        rest = rest.map((x, i) => x - share * known[i]!);
      }
    const length = Math.hypot(...rest);
    basis.push(rest.map(x => x / length));
  }
  return basis;
}

/** Share of a difference's energy that lies outside the columns' span. */
function outside(difference: Float64Array, basis: readonly (readonly number[])[]): number {
  let [all, inside] = [0, 0];
  for (let j = 0; j < COLUMNS; j++) {
    const column = Array.from({ length: ROWS }, (_, i) => difference[i * COLUMNS + j]!);
    all += column.reduce((sum, x) => sum + x * x, 0);
    for (const known of basis) inside += column.reduce((sum, x, i) => sum + x * known[i]!, 0) ** 2;
  }
  return (all - inside) / all;
}

/** To the nearest. */
const bf16 = (value: number): number => {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
};
const DTYPES: Readonly<Record<string, (values: Float64Array) => MadeTensor>> = {
  F32: values => f32([ROWS, COLUMNS], i => values[i]!),
  BF16: values => u16('BF16', [ROWS, COLUMNS], i => bf16(values[i]!)),
};

/** Maximum energy outside: the effect of the output's own rounding. */
const LIMITS = { F32: 1e-4, BF16: 2e-2 } as const;

describe.each(['iso_c', 'tsv_m'])('%s of low-rank tunings', method => {
  test.each(['F32', 'BF16'] as const)('%s: stays within what they span', async dtype => {
    const write = async (values: Float64Array) => {
      const file = path('.safetensors');
      await writeSafetensors(file, { 'layers.0.w': DTYPES[dtype]!(values) });
      return file;
    };
    const parts = Array.from({ length: TASKS }, lowRank);
    const original = await write(base);
    // Fine-tuned models start from the base as stored.
    const start = tvq.valuesOf((await tvq.tensorsOf(original)).get('layers.0.w')!);
    const inputs = [];
    for (const [task, { delta }] of parts.entries())
      inputs.push(tvq.checkpointInput(await write(delta.map((x, i) => start[i]! + x)), `t${task}`));
    // In F32, to measure the method rather than the output's rounding.
    const recipe = tvq.mergeRecipe(path(), method, inputs, { base: original, dtype: 'F32' });
    await tvq.merge(recipe);
    const merged = tvq.valuesOf((await tvq.tensorsOf(recipe.output)).get('layers.0.w')!);
    const difference = base.map((_, i) => merged[i]! - start[i]!);
    expect(Math.hypot(...difference)).toBeGreaterThan(0.1);
    const basis = orthonormal(parts.flatMap(({ left }) => left));
    expect(outside(difference, basis)).toBeLessThan(LIMITS[dtype]);
  });
});
