/** Every kind of job that a thread can run. */
import { compareKind } from './inspect/compareJob.ts';
import { detailKind } from './inspect/detailJob.ts';
import { mergeKind } from './merge/tensor/mergeKind.ts';
import { quantizeKind } from './quantize/quantizeKind.ts';
import { restoreKind } from './restore/job.ts';
import type { JobKind } from './scheduler/jobKind.ts';

export const JOB_KINDS: readonly JobKind[] = [quantizeKind, restoreKind, mergeKind, detailKind, compareKind];
