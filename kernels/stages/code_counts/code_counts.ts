/** Stage code_counts: how often each 8-bit code occurs. Twin: code_counts.wgsl */

/** Bytes of the counters of all codes. */
const SET: usize = 1024;

// @ts-ignore: decorator
@inline
function increment(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/** Counts the code in byte `byte` of `codes`. */
// @ts-ignore: decorator
@inline
function countByte(codes: u64, byte: u64, at: usize): void {
  increment(at + ((<usize>(codes >> (8 * byte)) & 0xff) << 2));
}

/**
 * Counts the `count` codes at `codes` into 256 u32 at `counts`, which is followed by working memory of 3 KiB: four sets
 * of counters take turns, because a second increment of one must wait for the first.
 */
export function codeCounts(codes: usize, count: usize, counts: usize): void {
  memory.fill(counts, 0, 4 * SET);
  const end = codes + count;
  for (; codes + 8 <= end; codes += 8) {
    const eight = load<u64>(codes);
    countByte(eight, 0, counts);
    countByte(eight, 1, counts + SET);
    countByte(eight, 2, counts + 2 * SET);
    countByte(eight, 3, counts + 3 * SET);
    countByte(eight, 4, counts);
    countByte(eight, 5, counts + SET);
    countByte(eight, 6, counts + 2 * SET);
    countByte(eight, 7, counts + 3 * SET);
  }
  for (; codes < end; codes++) increment(counts + (<usize>load<u8>(codes) << 2));
  for (let at = counts; at < counts + SET; at += 16) {
    const even = i32x4.add(v128.load(at), v128.load(at + 2 * SET));
    v128.store(at, i32x4.add(even, i32x4.add(v128.load(at + SET), v128.load(at + 3 * SET))));
  }
}
