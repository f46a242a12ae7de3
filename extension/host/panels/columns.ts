import type { AnalysisTable } from '../../protocol/analysis.ts';

/** The same table with typed arrays as columns, which reach a page in binary rather than as text. */
export function inColumns(table: AnalysisTable): AnalysisTable {
  const { slots, choices } = table;
  return {
    ...table,
    fixedError: Float64Array.from(table.fixedError),
    fixedEnergy: Float64Array.from(table.fixedEnergy),
    slots: {
      tensor: Uint32Array.from(slots.tensor),
      task: Uint32Array.from(slots.task),
      energy: Float64Array.from(slots.energy),
      exactBytes: Float64Array.from(slots.exactBytes),
      end: Uint32Array.from(slots.end),
    },
    choices: {
      bits: Float64Array.from(choices.bits),
      bytes: Float64Array.from(choices.bytes),
      error: Float64Array.from(choices.error),
    },
  };
}
