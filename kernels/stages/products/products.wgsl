// Stage products: sums of xy, x² and y² in one fixed order. Twin: products.ts
// One workgroup is one block of 8192 values; the blocks' sums are added by the caller.

struct Params {
  count: u32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> y: array<vec4<u32>>;
// {xy, xx, yy, unused} of each block.
@group(0) @binding(3) var<storage, read_write> sums: array<vec4<f32>>;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let block = group_number(in);
  let first = (block * GROUP + lane) * LANE;
  var xy = vec4<f32>();
  var xx = vec4<f32>();
  var yy = vec4<f32>();
  for (var k = first; k < first + LANE; k++) {
    let a = terms(x[k], k, params.count);
    let b = terms(y[k], k, params.count);
    xy = ftz4(xy + ftz4(a * b));
    xx = ftz4(xx + ftz4(a * a));
    yy = ftz4(yy + ftz4(b * b));
  }
  let sum_xy = add_lanes(across(xy), lane);
  let sum_xx = add_lanes(across(xx), lane);
  let sum_yy = add_lanes(across(yy), lane);
  if (lane == 0u && block < params.blocks) {
    sums[block] = vec4<f32>(sum_xy, sum_xx, sum_yy, 0.0);
  }
}
