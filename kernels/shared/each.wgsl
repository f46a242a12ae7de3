// The main function of stages that go value by value: `each` computes value i.

@compute @workgroup_size(256)
fn main(in: Workgroup, @builtin(local_invocation_index) lane: u32) {
  let first = group_number(in) * TILE;
  for (var k = 0u; k < TILE; k += GROUP) {
    let i = first + k + lane;
    if (i < params.count) {
      each(i);
    }
  }
}
