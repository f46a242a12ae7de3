// Stage abs_sum: the sum of magnitudes in one fixed order. Twin: abs_sum.ts
// One workgroup is one block of 8192 values; the blocks' sums are added by the caller.

struct Params {
  count: u32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
// One for each block.
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let block = group_number(in);
  let first = (block * GROUP + lane) * LANE;
  var magnitudes = vec4<f32>();
  for (var k = first; k < first + LANE; k++) {
    magnitudes = ftz4(magnitudes + abs(terms(x[k], k, params.count)));
  }
  let sum = add_lanes(across(magnitudes), lane);
  if (lane == 0u && block < params.blocks) {
    sums[block] = sum;
  }
}
