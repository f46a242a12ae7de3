// Stage code_counts: how often each 8-bit code occurs. Twin: code_counts.ts

struct Params {
  // Bytes of the window: the first code and the one after the last.
  first: u32,
  end: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>, 256>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;

var<workgroup> bins: array<atomic<u32>, 256>;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let start = group_number(in) * TILE;
  for (var k = 0u; k < TILE; k += GROUP) {
    let i = start + k + lane;
    if (i * 4u < params.end) {
      let word = codes[i];
      for (var j = 0u; j < 4u; j++) {
        let at = i * 4u + j;
        if (at >= params.first && at < params.end) {
          atomicAdd(&bins[(word >> (8u * j)) & 0xffu], 1u);
        }
      }
    }
  }
  workgroupBarrier();
  let found = atomicLoad(&bins[lane]);
  if (found != 0u) {
    atomicAdd(&counts[lane], found);
  }
}
