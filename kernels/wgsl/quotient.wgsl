// Stage quotient: sums divided by the weights that went into them. Twin: quotient.ts

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<u32>;
@group(0) @binding(2) var<storage, read> share: array<u32>;

// The bits of 1e-8.
const LEAST_SHARE: u32 = 0x322bcc77u;

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
      let divisor = ftz_bits(share[i]);
      var q = 0u;
      if ((divisor & MAGNITUDE) >= LEAST_SHARE) {
        q = divide(ftz_bits(x[i]), divisor);
      }
      x[i] = q;
    }
  }
}
