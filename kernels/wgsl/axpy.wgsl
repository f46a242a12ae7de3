// Stage axpy: a weighted sum of task vectors, one task at a time. Twin: axpy.ts

struct Params {
  count: u32,
  weight: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> sum: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

override FIRST: bool;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group_number(id, groups) * TILE;
  for (var k = 0u; k < TILE; k += GROUP) {
    let i = first + k + lane;
    if (i < params.count) {
      let product = ftz(params.weight * flushed(x[i]));
      if (FIRST) {
        sum[i] = bitcast<u32>(product);
      } else {
        sum[i] = bitcast<u32>(ftz(flushed(sum[i]) + product));
      }
    }
  }
}
