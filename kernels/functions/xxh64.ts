/**
 * Streaming XXH64 with seed 0 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
 * State, 72 bytes: four u64 accumulators, u64 bytes so far, then the bytes of an unfinished stripe.
 */

const PRIME1: u64 = 0x9e3779b185ebca87;
const PRIME2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME3: u64 = 0x165667b19e3779f9;
const PRIME4: u64 = 0x85ebca77c2b2ae63;
const PRIME5: u64 = 0x27d4eb2f165667c5;

/** Bytes that the accumulators take in at once. */
const STRIPE: usize = 32;

/** Offsets in the state. */
const TOTAL: usize = 32;
const REST: usize = 40;

// @ts-ignore: decorator
@inline
function round(accumulator: u64, input: u64): u64 {
  return rotl(accumulator + input * PRIME2, 31) * PRIME1;
}

// @ts-ignore: decorator
@inline
function mergeRound(hash: u64, accumulator: u64): u64 {
  return (hash ^ round(0, accumulator)) * PRIME1 + PRIME4;
}

/** Resets `state` to that of no bytes. */
export function xxh64Reset(state: usize): void {
  store<u64>(state, PRIME1 + PRIME2);
  store<u64>(state, PRIME2, 8);
  store<u64>(state, 0, 16);
  store<u64>(state, 0 - PRIME1, 24);
  store<u64>(state, 0, TOTAL);
}

/** Takes in `stripes` stripes at `data`. */
function consume(state: usize, data: usize, stripes: usize): void {
  let a = load<u64>(state);
  let b = load<u64>(state, 8);
  let c = load<u64>(state, 16);
  let d = load<u64>(state, 24);
  const end = data + stripes * STRIPE;
  for (let at = data; at < end; at += STRIPE) {
    a = round(a, load<u64>(at));
    b = round(b, load<u64>(at, 8));
    c = round(c, load<u64>(at, 16));
    d = round(d, load<u64>(at, 24));
  }
  store<u64>(state, a);
  store<u64>(state, b, 8);
  store<u64>(state, c, 16);
  store<u64>(state, d, 24);
}

/** Takes in `length` bytes at `data`. */
export function xxh64Update(state: usize, data: usize, length: usize): void {
  const held = <usize>load<u64>(state, TOTAL) & (STRIPE - 1);
  store<u64>(state, load<u64>(state, TOTAL) + length, TOTAL);
  let at = data;
  let left = length;
  if (held > 0) {
    const part = min(STRIPE - held, left);
    memory.copy(state + REST + held, at, part);
    at += part;
    left -= part;
    if (held + part < STRIPE) return;
    consume(state, state + REST, 1);
  }
  consume(state, at, left / STRIPE);
  const rest = left & (STRIPE - 1);
  memory.copy(state + REST, at + left - rest, rest);
}

/** The hash of all bytes so far; leaves the state unchanged. */
export function xxh64Digest(state: usize): u64 {
  const total = load<u64>(state, TOTAL);
  let hash: u64;
  if (total >= STRIPE) {
    const a = load<u64>(state);
    const b = load<u64>(state, 8);
    const c = load<u64>(state, 16);
    const d = load<u64>(state, 24);
    hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
    hash = mergeRound(mergeRound(mergeRound(mergeRound(hash, a), b), c), d);
  } else {
    hash = PRIME5;
  }
  hash += total;
  let at = state + REST;
  const end = at + (<usize>total & (STRIPE - 1));
  for (; at + 8 <= end; at += 8) hash = rotl(hash ^ round(0, load<u64>(at)), 27) * PRIME1 + PRIME4;
  if (at + 4 <= end) {
    hash = rotl(hash ^ (<u64>load<u32>(at) * PRIME1), 23) * PRIME2 + PRIME3;
    at += 4;
  }
  for (; at < end; at++) hash = rotl(hash ^ (<u64>load<u8>(at) * PRIME5), 11) * PRIME1;
  hash = (hash ^ (hash >> 33)) * PRIME2;
  hash = (hash ^ (hash >> 29)) * PRIME3;
  return hash ^ (hash >> 32);
}
