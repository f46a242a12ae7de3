// Stage rank_drop: drops values at random, small ones more often than large ones (DELLA). Twin: rank_drop.ts One
// workgroup per row: a stable radix sort of its values' indices, where every lane moves a stretch of them.

struct Params {
  // Index of the first row's first value.
  first: u32,
  rows: u32,
  length: u32,
  low: u32,
  step: u32,
  // The counter of the first row's first value, and which of its words that value takes.
  block: u32,
  word: u32,
  tensor: u32,
  seed: vec2<u32>,
  task: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<u32>;
// Indices in the rows, sorted by more and more of their keys' bits.
@group(0) @binding(2) var<storage, read_write> odd: array<u32>;
@group(0) @binding(3) var<storage, read_write> even: array<u32>;

override RESCALE: bool;

// A counter for each lane and digit takes 8 KiB of the 16 that every device has.
const LANES: u32 = 128u;
const DIGIT: u32 = 4u;
const DIGITS: u32 = 16u;
const TURNS: u32 = 8u;

// The counter of digit d and lane l is at d·LANES + l: all lanes' values of one digit come before any of the next.
var<workgroup> counters: array<u32, LANES * DIGITS>;

// Index `i` of the order at the start of `turn`; `base` is where its row begins in `odd` and `even`.
fn ordered(turn: u32, base: u32, i: u32) -> u32 {
  if (turn == 0u) {
    return i;
  }
  if ((turn & 1u) == 1u) {
    return odd[base + i];
  }
  return even[base + i];
}

// Turns counts into positions: how many values come before. Every lane adds up DIGITS neighbours.
fn add_up(lane: u32) {
  var own = 0u;
  for (var k = lane * DIGITS; k < (lane + 1u) * DIGITS; k++) {
    own += counters[k];
  }
  var position = sum_through(lane, own) - own;
  for (var k = lane * DIGITS; k < (lane + 1u) * DIGITS; k++) {
    let count = counters[k];
    counters[k] = position;
    position += count;
  }
}

fn sort_by(turn: u32, row: u32, base: u32, lane: u32) {
  let share = (params.length + LANES - 1u) / LANES;
  let begin = min(lane * share, params.length);
  let to = min(begin + share, params.length);
  for (var digit = 0u; digit < DIGITS; digit++) {
    counters[digit * LANES + lane] = 0u;
  }
  for (var i = begin; i < to; i++) {
    let key = ftz_bits(x[row + ordered(turn, base, i)]) & MAGNITUDE;
    counters[((key >> (turn * DIGIT)) & (DIGITS - 1u)) * LANES + lane]++;
  }
  workgroupBarrier();
  add_up(lane);
  workgroupBarrier();
  for (var i = begin; i < to; i++) {
    let index = ordered(turn, base, i);
    let key = ftz_bits(x[row + index]) & MAGNITUDE;
    let counter = ((key >> (turn * DIGIT)) & (DIGITS - 1u)) * LANES + lane;
    let position = counters[counter];
    counters[counter] = position + 1u;
    if ((turn & 1u) == 0u) {
      odd[base + position] = index;
    } else {
      even[base + position] = index;
    }
  }
  storageBarrier();
  workgroupBarrier();
}

// Bits of a positive integer as a float32, rounded to nearest even.
fn float_bits(value: u32) -> u32 {
  let leading = countLeadingZeros(value);
  let shifted = value << leading;
  let dropped = shifted & 0xffu;
  var mantissa = shifted >> 8u;
  mantissa += select(0u, 1u, dropped > 128u || (dropped == 128u && (mantissa & 1u) == 1u));
  return ((157u - leading) << 23u) + mantissa;
}

// 2^32 as bits of a float32.
const ALL: u32 = 0x4f800000u;

@compute @workgroup_size(128)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let number = group_number(in);
  if (number >= params.rows) {
    return;
  }
  let base = number * params.length;
  let row = params.first + base;
  for (var turn = 0u; turn < TURNS; turn++) {
    sort_by(turn, row, base, lane);
  }
  for (var rank = lane; rank < params.length; rank += LANES) {
    let i = ordered(TURNS, base, rank);
    let keep = params.low + rank * params.step;
    let at = base + i + params.word;
    let words = philox(vec4<u32>(params.block + (at >> 2u), 0u, params.tensor, params.task), params.seed);
    var v = 0u;
    if (words[at & 3u] < keep) {
      v = ftz_bits(x[row + i]);
      if (RESCALE) {
        let factor = divide(ALL, float_bits(keep));
        v = bitcast<u32>(ftz(bitcast<f32>(v) * bitcast<f32>(factor)));
      }
    }
    x[row + i] = v;
  }
}
