/** Stage products: sums of xy, x² and y² in one fixed order. */
import type { Region } from '../../memory.ts';
import { SCRATCH } from '../../wasm.ts';
import { checkValues } from '../checks.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { BLOCK_SUMS, sumsOf } from '../sums.ts';
import { values } from '../windows.ts';
import source from './products.wgsl';

/** Sums over two vectors. */
export interface Products {
  readonly xy: number;
  readonly xx: number;
  readonly yy: number;
}

export interface ProductsStage {
  /** Σxy, Σx², Σy² in delta_energy's order of summation, added to `before`. */
  products(x: Region, y: Region, count: number, before?: Products): Promise<Products>;
}

const NOTHING: Products = { xy: 0, xx: 0, yy: 0 };

export const products: Stage<ProductsStage['products']> = {
  name: 'products',
  shader: BLOCK_SUMS + source,
  check: (chunk, x, y, count) => checkValues(chunk, count, [], [x, y]),
  cpu(kernel, x, y, count, before = NOTHING) {
    const sums = kernel.doubles(SCRATCH.sums, 3);
    sums.set([before.xy, before.xx, before.yy]);
    kernel.run(x, y, count, SCRATCH.lanes, SCRATCH.sums);
    const [xy = 0, xx = 0, yy = 0] = sums;
    return { xy, xx, yy };
  },
  // The shader leaves a fourth sum empty: a block's sums are one vector.
  gpu: (x, y, count, before = NOTHING) =>
    sumsOf(
      count,
      { bindings: [values(x, count), values(y, count)] },
      [before.xy, before.xx, before.yy, 0],
      (xy = 0, xx = 0, yy = 0) => ({ xy, xx, yy }),
    ),
  selfTest: {
    inputs: () => [fine(14), fine(15)],
    run: async (products, x, y) => {
      const { xy, xx, yy } = await products(x, y, COUNT);
      return [xy, xx, yy];
    },
    digest: '6655dc8d',
  },
};
