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

// Vectors of four that one lane sums.
const LANE: u32 = 8u;

var<workgroup> partial: array<vec2<f32>, GROUP>;

// Values past `count` count as zero.
fn load4(words: vec4<u32>, at: u32) -> vec4<f32> {
  let inside = vec4<u32>(at, at + 1u, at + 2u, at + 3u) < vec4<u32>(params.count);
  return ftz4(bitcast<vec4<f32>>(select(vec4<u32>(), words, inside)));
}

fn across(s: vec4<f32>) -> f32 {
  return ftz(ftz(s.x + s.y) + ftz(s.z + s.w));
}

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
    let a = load4(x[k], k * 4u);
    let d = ftz4(a - load4(y[k], k * 4u));
    errors = ftz4(errors + ftz4(d * d));
    energies = ftz4(energies + ftz4(a * a));
  }
  partial[lane] = vec2<f32>(across(errors), across(energies));
  for (var half = GROUP / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) {
      let s = partial[lane] + partial[lane + half];
      partial[lane] = vec2<f32>(ftz(s.x), ftz(s.y));
    }
  }
  if (lane == 0u && block < params.blocks) {
    sums[block] = partial[0];
  }
}
