// Stage squared_error: sums of (x-y)² and x² in one fixed order. Twin: squared_error.ts
// One workgroup is one block of 8192 values; the blocks' sums are added by the caller.

struct Params {
  count: u32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> y: array<vec4<u32>>;
// {error, energy} of each block.
@group(0) @binding(3) var<storage, read_write> sums: array<vec2<f32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = group_number(id, groups);
  let first = (block * GROUP + lane) * LANE;
  var errors = vec4<f32>();
  var energies = vec4<f32>();
  for (var k = first; k < first + LANE; k++) {
    let a = terms(x[k], k, params.count);
    let d = ftz4(a - terms(y[k], k, params.count));
    errors = ftz4(errors + ftz4(d * d));
    energies = ftz4(energies + ftz4(a * a));
  }
  let error = add_lanes(across(errors), lane);
  let energy = add_lanes(across(energies), lane);
  if (lane == 0u && block < params.blocks) {
    sums[block] = vec2<f32>(error, energy);
  }
}
