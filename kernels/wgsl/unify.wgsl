// Stage unify: EMR's elected vector, one task at a time. Twin: unify.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> total: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
@group(0) @binding(3) var<storage, read_write> unified: array<u32>;

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
      let t = ftz_bits(total[i]);
      let v = ftz_bits(x[i]);
      let positive = t != 0u && (t & SIGN) == 0u;
      // Zero counts as positive; as a candidate it is what no candidate is.
      let candidate = select(0u, v, ((v & SIGN) == 0u) == positive);
      if (FIRST) {
        unified[i] = candidate;
      } else {
        let u = ftz_bits(unified[i]);
        unified[i] = select(u, candidate, (candidate & MAGNITUDE) > (u & MAGNITUDE));
      }
    }
  }
}
