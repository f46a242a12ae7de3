/** All compute stages, by call name. */
import { absSum, type AbsSumStage } from './abs_sum/stage.ts';
import { accumulate, type AccumulateStage } from './accumulate/stage.ts';
import { axpy, type AxpyStage } from './axpy/stage.ts';
import { codeCounts, type CodeCountsStage } from './code_counts/stage.ts';
import { compareTask, type CompareTaskStage } from './compare_task/stage.ts';
import { consensusVote, type ConsensusVoteStage } from './consensus_vote/stage.ts';
import { deltaEnergy, type DeltaEnergyStage } from './delta_energy/stage.ts';
import { deltaMinmax, type DeltaMinmaxStage } from './delta_minmax/stage.ts';
import { dequantizeGroups, type DequantizeGroupsStage } from './dequantize_groups/stage.ts';
import { disjointSum, type DisjointSumStage } from './disjoint_sum/stage.ts';
import { encode, type EncodeStage } from './encode/stage.ts';
import { groupScales, type GroupScalesStage } from './group_scales/stage.ts';
import { keepVoted, type KeepVotedStage } from './keep_voted/stage.ts';
import { magnitudeHistogram, type MagnitudeHistogramStage } from './magnitude_histogram/stage.ts';
import { maskBySign, type MaskBySignStage } from './mask_by_sign/stage.ts';
import { maxMagnitude, type MaxMagnitudeStage } from './max_magnitude/stage.ts';
import { meanDelta, type MeanDeltaStage } from './mean_delta/stage.ts';
import { products, type ProductsStage } from './products/stage.ts';
import { quantizeGroups, type QuantizeGroupsStage } from './quantize_groups/stage.ts';
import { quantizePack, type QuantizePackStage } from './quantize_pack/stage.ts';
import { quotient, type QuotientStage } from './quotient/stage.ts';
import { randomDrop, type RandomDropStage } from './random_drop/stage.ts';
import { rankDrop, type RankDropStage } from './rank_drop/stage.ts';
import { ransDecode, type RansDecodeStage } from './rans_decode/stage.ts';
import { rotate256, type Rotate256Stage } from './rotate_256/stage.ts';
import { rotate4, type Rotate4Stage } from './rotate_4/stage.ts';
import { rowBand, type RowBandStage } from './row_band/stage.ts';
import { signCounts, type SignCountsStage } from './sign_counts/stage.ts';
import { trim, type TrimStage } from './trim/stage.ts';
import { unify, type UnifyStage } from './unify/stage.ts';
import { unpackDequantize, type UnpackDequantizeStage } from './unpack_dequantize/stage.ts';
import type { AnyStage, Stage } from './stage.ts';

/** Every operation is one stage over one chunk. */
export interface Stages
  extends
    AbsSumStage,
    AccumulateStage,
    AxpyStage,
    CodeCountsStage,
    CompareTaskStage,
    ConsensusVoteStage,
    DeltaEnergyStage,
    DeltaMinmaxStage,
    DequantizeGroupsStage,
    DisjointSumStage,
    EncodeStage,
    GroupScalesStage,
    KeepVotedStage,
    MagnitudeHistogramStage,
    MaskBySignStage,
    MaxMagnitudeStage,
    MeanDeltaStage,
    ProductsStage,
    QuantizeGroupsStage,
    QuantizePackStage,
    QuotientStage,
    RandomDropStage,
    RankDropStage,
    RansDecodeStage,
    Rotate256Stage,
    Rotate4Stage,
    RowBandStage,
    SignCountsStage,
    TrimStage,
    UnifyStage,
    UnpackDequantizeStage {}

export const STAGES: { readonly [Call in keyof Stages]: Stage<Stages[Call]> } = {
  absSum,
  accumulate,
  axpy,
  codeCounts,
  compareTask,
  consensusVote,
  deltaEnergy,
  deltaMinmax,
  dequantizeGroups,
  disjointSum,
  encode,
  groupScales,
  keepVoted,
  magnitudeHistogram,
  maskBySign,
  maxMagnitude,
  meanDelta,
  products,
  quantizeGroups,
  quantizePack,
  quotient,
  randomDrop,
  rankDrop,
  ransDecode,
  rotate256,
  rotate4,
  rowBand,
  signCounts,
  trim,
  unify,
  unpackDequantize,
};

/** The stages with their call names. */
export const stageEntries = Object.entries(STAGES) as unknown as readonly [keyof Stages, AnyStage][];

/** The calls of all stages; the backend makes each from its name and stage. */
export const callsOf = (
  made: (call: string, stage: AnyStage) => (...args: unknown[]) => Promise<unknown>,
): Stages =>
  Object.fromEntries(stageEntries.map(([call, stage]) => [call, made(call, stage)])) as unknown as Stages;
