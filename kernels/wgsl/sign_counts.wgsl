// Stage sign_counts: how many values are above and below zero. Twin: sign_counts.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<u32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group_number(id, groups) * TILE;
  var found = vec2<u32>();
  for (var k = 0u; k < TILE; k += GROUP) {
    let i = first + k + lane;
    if (i < params.count) {
      let v = ftz_bits(x[i]);
      if (v != 0u) {
        found += select(vec2<u32>(1u, 0u), vec2<u32>(0u, 1u), (v & SIGN) != 0u);
      }
    }
  }
  merge_tally(found, lane);
}
