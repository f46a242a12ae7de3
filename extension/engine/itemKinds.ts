/** Every kind of item that a thread can run. */
import { compareKind } from './inspect/compareItem.ts';
import { detailKind } from './inspect/detailItem.ts';
import { extractKind } from './extract/item.ts';
import { mergeKind } from './merge/tensor/mergeKind.ts';
import { quantizeKind } from './quantize/quantizeKind.ts';
import { restoreKind } from './restore/item.ts';
import type { ItemKind } from './scheduler/itemKind.ts';

export const JOB_KINDS: readonly ItemKind[] = [
  quantizeKind,
  restoreKind,
  mergeKind,
  detailKind,
  compareKind,
  extractKind,
];
