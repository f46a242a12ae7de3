// Stage row_band: keeps a band of ranks by magnitude in each row. Twin: row_band.ts One workgroup per row: a radix
// select of the two ranks between which values are kept.

struct Params {
  // Index of the first row's first value.
  first: u32,
  rows: u32,
  length: u32,
  drop: u32,
  // drop + keep.
  end: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<u32>;

const LANES: u32 = GROUP;

// Bits of a key that one round of a selection decides, from the exponent down.
const DIGIT: u32 = 8u;

// A key below all keys, and one that no key is above.
const BELOW_ALL: i32 = -1;
const ABOVE_ALL: i32 = 0x7fffffff;

// Values are before a rank when they are above the key, or equal to it at an index below `end`.
struct Bound {
  key: i32,
  end: u32,
}

var<workgroup> bins: array<atomic<u32>, LANES>;
var<workgroup> chosen: vec2<u32>;

fn key_at(i: u32) -> u32 {
  return ftz_bits(x[i]) & MAGNITUDE;
}

// Index after the `ties`-th of at least that many values with the given key, for ties > 0.
fn end_of_ties(row: u32, key: u32, ties: u32, lane: u32) -> u32 {
  let share = (params.length + LANES - 1u) / LANES;
  let begin = min(lane * share, params.length);
  let to = min(begin + share, params.length);
  var own = 0u;
  for (var i = begin; i < to; i++) {
    own += select(0u, 1u, key_at(row + i) == key);
  }
  let through = sum_through(lane, own);
  var left = ties - min(ties, through - own);
  if (left > 0u && left <= own) {
    var i = begin;
    for (; left > 0u; i++) {
      left -= select(0u, 1u, key_at(row + i) == key);
    }
    chosen = vec2<u32>(i, 0u);
  }
  return workgroupUniformLoad(&chosen).x;
}

// The bound of a rank by falling magnitude, then by rising index. `rank` is uniform.
fn find_bound(row: u32, rank: u32, lane: u32) -> Bound {
  if (rank == 0u) {
    return Bound(ABOVE_ALL, 0u);
  }
  if (rank >= params.length) {
    return Bound(BELOW_ALL, 0u);
  }
  // Rank among the keys that have the bits found so far.
  var left = rank;
  var prefix = 0u;
  var above = 31u;
  while (above > 0u) {
    let bits = min(DIGIT, above);
    let shift = above - bits;
    atomicStore(&bins[lane], 0u);
    workgroupBarrier();
    for (var i = lane; i < params.length; i += LANES) {
      let key = key_at(row + i);
      if ((key >> above) == prefix) {
        atomicAdd(&bins[(key >> shift) & ((1u << bits) - 1u)], 1u);
      }
    }
    workgroupBarrier();
    // Lanes take bins from the highest down.
    let bin = LANES - 1u - lane;
    let own = atomicLoad(&bins[bin]);
    let through = sum_through(lane, own);
    if (through - own <= left && left < through) {
      chosen = vec2<u32>(bin, left - (through - own));
    }
    let found = workgroupUniformLoad(&chosen);
    prefix = (prefix << bits) | found.x;
    left = found.y;
    above = shift;
  }
  if (left == 0u) {
    return Bound(bitcast<i32>(prefix), 0u);
  }
  return Bound(bitcast<i32>(prefix), end_of_ties(row, prefix, left, lane));
}

fn is_before(key: u32, i: u32, bound: Bound) -> bool {
  let k = bitcast<i32>(key);
  return k > bound.key || (k == bound.key && i < bound.end);
}

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let number = group_number(in);
  if (number >= params.rows) {
    return;
  }
  let row = params.first + number * params.length;
  let dropped = find_bound(row, params.drop, lane);
  let kept = find_bound(row, params.end, lane);
  // All invocations must have read the row before it is written.
  storageBarrier();
  for (var i = lane; i < params.length; i += LANES) {
    let v = ftz_bits(x[row + i]);
    let key = v & MAGNITUDE;
    x[row + i] = select(0u, v, is_before(key, i, kept) && !is_before(key, i, dropped));
  }
}
