// Stage rotate: blocks of four values by a Hadamard matrix with random signs. Twin: rotate.ts
// One invocation takes one block.

struct Params {
  count: u32,
  // x[0] is element 32·word + 4·block of its tensor, block below 8.
  word: u32,
  block: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<u32>>;

// The signs of 32 elements: MurmurHash3's finalizer of their number.
fn signs_of(word: u32) -> u32 {
  var h = word * 0x9e3779b9u + 0x7f4a7c15u;
  h ^= h >> 16u;
  h *= 0x85ebca6bu;
  h ^= h >> 13u;
  h *= 0xc2b2ae35u;
  return h ^ (h >> 16u);
}

// The bits of flushed values with the signs applied; zeros are +0.
fn with_signs(v: vec4<f32>, signs: vec4<u32>) -> vec4<f32> {
  return ftz4(bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) ^ signs));
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = group_number(id, groups) * (TILE / 4u);
  for (var k = 0u; k < TILE / 4u; k += GROUP) {
    let quad = first + k + lane;
    if (quad < params.count / 4u) {
      let block = params.block + quad;
      let bits = signs_of(params.word + (block >> 3u)) >> ((block & 7u) * 4u);
      let signs = (vec4<u32>(bits) << vec4<u32>(31u, 30u, 29u, 28u)) & vec4<u32>(SIGN);
      let s = with_signs(bitcast<vec4<f32>>(x[quad]), signs);
      let sums = ftz4(vec4<f32>(s.x + s.y, s.x - s.y, s.z + s.w, s.z - s.w));
      let y = ftz4(vec4<f32>(sums.xy + sums.zw, sums.xy - sums.zw));
      x[quad] = bitcast<vec4<u32>>(with_signs(ftz4(y * 0.5), signs));
    }
  }
}
