/** The shaders of all stages, each with the parts that it shares with others in front of it. */
import absSum from '../wgsl/abs_sum.wgsl';
import accumulate from '../wgsl/accumulate.wgsl';
import axpy from '../wgsl/axpy.wgsl';
import blockSums from '../wgsl/block_sums.wgsl';
import codeCounts from '../wgsl/code_counts.wgsl';
import common from '../wgsl/common.wgsl';
import compareTask from '../wgsl/compare_task.wgsl';
import consensusVote from '../wgsl/consensus_vote.wgsl';
import deltaEnergy from '../wgsl/delta_energy.wgsl';
import deltaMinmax from '../wgsl/delta_minmax.wgsl';
import dequantizeGroups from '../wgsl/dequantize_groups.wgsl';
import disjointSum from '../wgsl/disjoint_sum.wgsl';
import divide from '../wgsl/divide.wgsl';
import each from '../wgsl/each.wgsl';
import encode from '../wgsl/encode.wgsl';
import extent from '../wgsl/extent.wgsl';
import groupScales from '../wgsl/group_scales.wgsl';
import hadamard from '../wgsl/hadamard.wgsl';
import keepVoted from '../wgsl/keep_voted.wgsl';
import magnitudeHistogram from '../wgsl/magnitude_histogram.wgsl';
import maskBySign from '../wgsl/mask_by_sign.wgsl';
import maxMagnitude from '../wgsl/max_magnitude.wgsl';
import meanDelta from '../wgsl/mean_delta.wgsl';
import pack from '../wgsl/pack.wgsl';
import philox from '../wgsl/philox.wgsl';
import products from '../wgsl/products.wgsl';
import quantizeGroups from '../wgsl/quantize_groups.wgsl';
import quantizePack from '../wgsl/quantize_pack.wgsl';
import quotient from '../wgsl/quotient.wgsl';
import randomDrop from '../wgsl/random_drop.wgsl';
import rankDrop from '../wgsl/rank_drop.wgsl';
import ransDecode from '../wgsl/rans_decode.wgsl';
import rotate from '../wgsl/rotate.wgsl';
import rotate256 from '../wgsl/rotate_256.wgsl';
import rowBand from '../wgsl/row_band.wgsl';
import scan from '../wgsl/scan.wgsl';
import signCounts from '../wgsl/sign_counts.wgsl';
import tally from '../wgsl/tally.wgsl';
import trim from '../wgsl/trim.wgsl';
import unify from '../wgsl/unify.wgsl';
import unpack from '../wgsl/unpack.wgsl';
import unpackDequantize from '../wgsl/unpack_dequantize.wgsl';

export const SOURCES = {
  delta_minmax: common + extent + deltaMinmax,
  accumulate: common + each + accumulate,
  mean_delta: common + extent + meanDelta,
  quantize_pack: common + blockSums + pack + quantizePack,
  unpack_dequantize: common + each + unpack + unpackDequantize,
  delta_energy: common + blockSums + deltaEnergy,
  encode: common + tally + encode,
  axpy: common + each + axpy,
  magnitude_histogram: common + magnitudeHistogram,
  trim: common + tally + trim,
  sign_counts: common + tally + signCounts,
  disjoint_sum: common + each + disjointSum,
  quotient: common + each + divide + quotient,
  max_magnitude: common + each + maxMagnitude,
  consensus_vote: common + each + consensusVote,
  keep_voted: common + tally + keepVoted,
  unify: common + each + unify,
  mask_by_sign: common + each + maskBySign,
  row_band: common + scan + rowBand,
  random_drop: common + philox + randomDrop,
  rank_drop: common + divide + philox + scan + rankDrop,
  compare_task: common + blockSums + compareTask,
  products: common + blockSums + products,
  abs_sum: common + blockSums + absSum,
  rotate: common + hadamard + rotate,
  rotate_256: common + hadamard + rotate256,
  code_counts: common + codeCounts,
  rans_decode: common + ransDecode,
  group_scales: common + blockSums + groupScales,
  quantize_groups: common + pack + quantizeGroups,
  dequantize_groups: common + each + unpack + dequantizeGroups,
} as const;

export type Stage = keyof typeof SOURCES;
