// Stage keep_voted: values with too few votes become zero. Twin: keep_voted.ts

struct Params {
  count: u32,
  least: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> x: array<u32>;
@group(0) @binding(3) var<storage, read> votes: array<u32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group_number(id, groups) * TILE;
  var left = 0u;
  for (var k = 0u; k < TILE; k += GROUP) {
    let i = first + k + lane;
    if (i < params.count) {
      var v = ftz_bits(x[i]);
      if (flushed(votes[i]) < params.least) {
        v = 0u;
      }
      x[i] = v;
      left += select(0u, 1u, v != 0u);
    }
  }
  merge_tally(vec2<u32>(left, 0u), lane);
}
