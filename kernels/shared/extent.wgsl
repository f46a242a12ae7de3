// Smallest value, largest value and finiteness of a chunk; `each` returns the bits of each value. Floats are compared
// as unsigned keys of the same order; the minimum's key is kept complemented, so that both start at zero and grow.

struct Extent {
  low: atomic<u32>,
  high: atomic<u32>,
  non_finite: atomic<u32>,
}

@group(0) @binding(4) var<storage, read_write> extent: Extent;

var<workgroup> group_low: atomic<u32>;
var<workgroup> group_high: atomic<u32>;
var<workgroup> group_non_finite: atomic<u32>;

struct Running {
  low: u32,
  high: u32,
  non_finite: u32,
}

fn include_value(running: ptr<function, Running>, b: u32) {
  if (non_finite(b)) {
    (*running).non_finite = 1u;
  } else {
    let key = b ^ select(SIGN, 0xffffffffu, (b & SIGN) != 0u);
    (*running).low = max((*running).low, ~key);
    (*running).high = max((*running).high, key);
  }
}

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let first = group_number(in) * TILE;
  var running = Running();
  for (var k = 0u; k < TILE; k += GROUP) {
    let i = first + k + lane;
    if (i < params.count) {
      include_value(&running, each(i));
    }
  }
  atomicMax(&group_low, running.low);
  atomicMax(&group_high, running.high);
  atomicMax(&group_non_finite, running.non_finite);
  workgroupBarrier();
  if (lane == 0u) {
    atomicMax(&extent.low, atomicLoad(&group_low));
    atomicMax(&extent.high, atomicLoad(&group_high));
    atomicMax(&extent.non_finite, atomicLoad(&group_non_finite));
  }
}
