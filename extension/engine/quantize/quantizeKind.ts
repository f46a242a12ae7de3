import type { ItemKind } from '../scheduler/itemKind.ts';
import { AnalyzeRun } from './analyzeRun.ts';
import type { QuantizeItem } from './item.ts';
import { quantizeMemory } from './quantizeMemory.ts';
import type { QuantizeReport } from './quantizeReport.ts';
import { QuantizeRun } from './quantizeRun.ts';

/** Emits begin/bytes/end for each output in order, unless it only measures. */
export const quantizeKind: ItemKind<QuantizeItem, QuantizeReport> = {
  kind: 'quantize',
  sources: ({ base, identified, tasks }) => [base ?? identified, ...tasks.map(({ source }) => source)],
  allocate(item, memory, chunk) {
    const held = quantizeMemory(item, memory, chunk);
    return context =>
      item.analyze && held
        ? new AnalyzeRun(item, context, held).run(item.analyze)
        : QuantizeRun.run(item, context, held);
  },
};
