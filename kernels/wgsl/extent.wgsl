// Smallest value, largest value and finiteness of a chunk. Floats are compared as unsigned keys of the same
// order; that of the minimum is kept complemented, so that both start at zero and grow.

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

fn include_value(running: ptr<function, Running>, b: u32, bad: bool) {
  if (bad) {
    (*running).non_finite = 1u;
  }
  if (!non_finite(b)) {
    let key = b ^ select(SIGN, 0xffffffffu, (b & SIGN) != 0u);
    (*running).low = max((*running).low, ~key);
    (*running).high = max((*running).high, key);
  }
}

// Must be reached by every invocation of the workgroup.
fn merge_extent(running: Running, lane: u32) {
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
