// Stage rotate_4: blocks of four values by a Hadamard matrix with random signs. Twin: rotate_4.ts
// One invocation takes one block.

struct Params {
  count: u32,
  // x[0] is element 32·word + 4·block of its tensor, block below 8.
  word: u32,
  block: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let first = group_number(in) * (TILE / 4u);
  for (var k = 0u; k < TILE / 4u; k += GROUP) {
    let quad = first + k + lane;
    if (quad < params.count / 4u) {
      let block = params.block + quad;
      let signs = quad_signs(params.word, block);
      let y = hadamard4(with_signs(bitcast<vec4<f32>>(x[quad]), signs));
      x[quad] = bitcast<vec4<u32>>(with_signs(ftz4(y * 0.5), signs));
    }
  }
}
