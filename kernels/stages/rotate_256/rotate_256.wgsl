// Stage rotate_256: blocks of 256 values by a Hadamard matrix with random signs. Twin: rotate_256.ts
// One invocation takes one vector at a time, a workgroup four blocks.

struct Params {
  count: u32,
  // x[0] is element 32·word of its tensor.
  word: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<u32>>;

// Vectors of a block.
const QUADS: u32 = 64u;

var<workgroup> quads: array<vec4<f32>, GROUP>;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let first = group_number(in) * (TILE / 4u);
  for (var k = 0u; k < TILE / 4u; k += GROUP) {
    let quad = first + k + lane;
    let inside = quad < params.count / 256u * QUADS;
    let signs = quad_signs(params.word, quad);
    var v = vec4<f32>();
    if (inside) {
      v = hadamard4(with_signs(bitcast<vec4<f32>>(x[quad]), signs));
    }
    for (var h = 1u; h < QUADS; h <<= 1u) {
      // Other invocations may still be reading.
      workgroupBarrier();
      quads[lane] = v;
      workgroupBarrier();
      let other = quads[lane ^ h];
      v = ftz4(select(v + other, other - v, (lane & h) != 0u));
    }
    if (inside) {
      x[quad] = bitcast<vec4<u32>>(with_signs(ftz4(v * 0.0625), signs));
    }
  }
}
