/** Stage row_band: keeps a band of ranks by magnitude in each row. */
import common from '../../shared/common.wgsl';
import scan from '../../shared/scan.wgsl';
import { ROW_MEMORY, SCRATCH } from '../../wasm.ts';
import { checkInteger } from '../checks.ts';
import { checkRows, rowsAt, rowWindow, type Rows } from '../rows.ts';
import { coarse, ROWS } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { done } from '../windows.ts';
import source from './row_band.wgsl';

export interface RowBandStage {
  /** Breadcrumbs: in each row, ranks by falling magnitude, equal magnitudes by rising index; x = +0 for ranks below
   * `drop` and from `drop + keep` on, both below 2^31. In place. */
  rowBand(x: Rows, drop: number, keep: number): Promise<void>;
}

export const rowBand: Stage<RowBandStage['rowBand']> = {
  name: 'row_band',
  shader: common + scan + source,
  check(chunk, x, drop, keep) {
    checkRows(chunk, x);
    checkInteger('drop', drop, 2 ** 31);
    checkInteger('keep', keep, 2 ** 31);
  },
  cpu(kernel, x, drop, keep) {
    const { radix, bound } = SCRATCH;
    kernel.run(rowsAt(kernel, x), x.rows, x.length, drop, keep, radix, ROW_MEMORY.at, bound);
  },
  gpu(x, drop, keep) {
    const { window, within } = rowWindow(x);
    return {
      params: [within, x.rows, x.length, drop, drop + keep],
      bindings: [window],
      groups: x.length > 0 ? x.rows : 0,
      result: done,
    };
  },
  selfTest: {
    inputs: () => [coarse(12)],
    run: async (rowBand, region) => {
      await rowBand({ region, ...ROWS }, 30, 200);
      return [];
    },
    digest: '55d0df48',
  },
};
