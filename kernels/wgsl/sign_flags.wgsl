// Stage sign_flags: which signs each value has among tasks. Twin: sign_flags.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> flags: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<u32>;

override FIRST: bool;

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
      var f = 0u;
      if (!FIRST) {
        f = flags[i];
      }
      if (v != 0u) {
        f |= select(1u, 2u, (v & SIGN) != 0u);
      }
      flags[i] = f;
      found += vec2<u32>(select(0u, 1u, f == 3u), select(0u, 1u, f != 0u));
    }
  }
  merge_tally(found, lane);
}
