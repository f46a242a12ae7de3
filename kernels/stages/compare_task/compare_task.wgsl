// Stage compare_task: a merged task vector against one of its inputs; which signs each weight has among them. Twin:
// compare_task.ts One workgroup is one block of 8192 values; the blocks' sums and counts are added by the caller.

struct Params {
  count: u32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> delta: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> flags: array<u32>;
// {delta·x, x², flags of 3, flags of not 0} of each block: counts up to 8192 are exact as float32.
@group(0) @binding(4) var<storage, read_write> sums: array<vec4<f32>>;

override FIRST: bool;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let block = group_number(in);
  let first = (block * GROUP + lane) * LANE;
  var xy = vec4<f32>();
  var yy = vec4<f32>();
  var both = 0u;
  var any = 0u;
  for (var k = first; k < first + LANE; k++) {
    let v = terms(x[k], k, params.count);
    xy = ftz4(xy + ftz4(terms(delta[k], k, params.count) * v));
    yy = ftz4(yy + ftz4(v * v));
    for (var j = 0u; j < 4u; j++) {
      let i = k * 4u + j;
      if (i < params.count) {
        let b = bitcast<u32>(v[j]);
        var f = 0u;
        if (!FIRST) {
          f = flags[i];
        }
        if (b != 0u) {
          f |= select(1u, 2u, (b & SIGN) != 0u);
        }
        flags[i] = f;
        both += select(0u, 1u, f == 3u);
        any += select(0u, 1u, f != 0u);
      }
    }
  }
  let sum_xy = add_lanes(across(xy), lane);
  let sum_yy = add_lanes(across(yy), lane);
  let of_both = add_lanes(f32(both), lane);
  let of_any = add_lanes(f32(any), lane);
  if (lane == 0u && block < params.blocks) {
    sums[block] = vec4<f32>(sum_xy, sum_yy, of_both, of_any);
  }
}
