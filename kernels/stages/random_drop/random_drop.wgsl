// Stage random_drop: drops values at random and rescales the others (DARE). Twin: random_drop.ts One invocation takes
// the four values whose random words come from one counter.

struct Params {
  count: u32,
  keep_below: u32,
  scale: f32,
  block: u32,
  seed: vec2<u32>,
  tensor: u32,
  task: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<u32>>;

// Whether keepBelow is 2^32, which no word reaches.
override KEEP_ALL: bool;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let first = group_number(in) * (TILE / 4u);
  for (var k = 0u; k < TILE / 4u; k += GROUP) {
    let quad = first + k + lane;
    if (quad * 4u < params.count) {
      let words = philox(vec4<u32>(params.block + quad, 0u, params.tensor, params.task), params.seed);
      let values = x[quad];
      let scaled = ftz4(ftz4(bitcast<vec4<f32>>(values)) * params.scale);
      let kept = (words < vec4<u32>(params.keep_below)) | vec4<bool>(KEEP_ALL);
      let result = select(vec4<u32>(), bitcast<vec4<u32>>(scaled), kept);
      let index = vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
      x[quad] = select(values, result, index < vec4<u32>(params.count));
    }
  }
}
