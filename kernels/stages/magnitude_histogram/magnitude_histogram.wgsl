// Stage magnitude_histogram: one level of a radix select over magnitudes. Twin: magnitude_histogram.ts

struct Params {
  count: u32,
  shift: u32,
  bits: u32,
  prefix: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> x: array<u32>;

// Elements of one workgroup: few enough workgroups that adding up their bins costs little.
const BLOCK: u32 = 8192u;

// Only 2^bits of them are used.
var<workgroup> bins: array<atomic<u32>, 2048>;

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let first = group_number(in) * BLOCK;
  let last = (1u << params.bits) - 1u;
  for (var k = 0u; k < BLOCK; k += GROUP) {
    let i = first + k + lane;
    if (i < params.count) {
      let key = ftz_bits(x[i]) & MAGNITUDE;
      if ((key >> (params.shift + params.bits)) == params.prefix) {
        atomicAdd(&bins[(key >> params.shift) & last], 1u);
      }
    }
  }
  workgroupBarrier();
  for (var bin = lane; bin <= last; bin += GROUP) {
    let found = atomicLoad(&bins[bin]);
    if (found != 0u) {
      atomicAdd(&counts[bin], found);
    }
  }
}
