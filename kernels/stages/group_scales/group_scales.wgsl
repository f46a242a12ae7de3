// Stage group_scales: the byte of each group's mean square. Twin: group_scales.ts
// One invocation sums a lane of 32 values; of a workgroup's 8192 values, one invocation makes the bytes of four groups,
// which are a word.

struct Params {
  count: u32,
  group_size: u32,
  // Of the first byte in the scales' window.
  word: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> thresholds: array<f32, 255>;
@group(0) @binding(3) var<storage, read_write> scales: array<u32>;

// How many thresholds the sum of a group of `size` values reaches.
fn byte_of(sum: f32, size: u32) -> u32 {
  // Positive floats have the same order as their bits.
  let b = bitcast<u32>(sum);
  if (b > EXPONENT) {
    return 0u;
  }
  var found = 0u;
  for (var step = 128u; step > 0u; step >>= 1u) {
    if (b >= bitcast<u32>(ftz(thresholds[found + step - 1u] * f32(size)))) {
      found += step;
    }
  }
  return found;
}

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let block = group_number(in);
  let first = (block * GROUP + lane) * LANE;
  var squares = vec4<f32>();
  for (var k = first; k < first + LANE; k++) {
    let v = terms(x[k], k, params.count);
    squares = ftz4(squares + ftz4(v * v));
  }
  partial[lane] = across(squares);
  let lanes = params.group_size / (4u * LANE);
  for (var half = lanes / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if ((lane & (lanes - 1u)) < half) {
      partial[lane] = ftz(partial[lane] + partial[lane + half]);
    }
  }
  workgroupBarrier();
  let words = GROUP / lanes / 4u;
  let word = block * words + lane;
  if (lane < words && word * 4u * params.group_size < params.count) {
    var bytes = 0u;
    for (var j = 0u; j < 4u; j++) {
      let start = (word * 4u + j) * params.group_size;
      if (start < params.count) {
        let size = min(params.group_size, params.count - start);
        bytes |= byte_of(partial[(lane * 4u + j) * lanes], size) << (8u * j);
      }
    }
    scales[params.word + word] = bytes;
  }
}
