// Stage delta_energy: the sum of a task vector's squares in one fixed order. Twin: delta_energy.ts
// One workgroup is one block of 8192 values; the blocks' sums are added by the caller.

struct Params {
  count: u32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tuned: array<u32>;
@group(0) @binding(2) var<storage, read> base: array<u32>;
// One for each block.
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

override TUNED: u32;
override BASE: u32;

// tuned - base, or tuned without a base, flushed; zero past the end.
fn delta(i: u32) -> f32 {
  if (i >= params.count) {
    return 0.0;
  }
  let t = bitcast<f32>(decode(TUNED, tuned[word_of(TUNED, i)], i));
  if (BASE == NONE) {
    return t;
  }
  return ftz(t - bitcast<f32>(decode(BASE, base[word_of(BASE, i)], i)));
}

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let block = group_number(in);
  let first = (block * GROUP + lane) * LANE;
  var squares = vec4<f32>();
  for (var k = first; k < first + LANE; k++) {
    let x = vec4<f32>(delta(k * 4u), delta(k * 4u + 1u), delta(k * 4u + 2u), delta(k * 4u + 3u));
    squares = ftz4(squares + ftz4(x * x));
  }
  let sum = add_lanes(across(squares), lane);
  if (lane == 0u && block < params.blocks) {
    sums[block] = sum;
  }
}
