// Packs codes of BITS bits. One invocation packs 32 consecutive values into BITS whole words, so needs no atomics.

@group(0) @binding(2) var<storage, read_write> codes: array<u32>;

override BITS: u32;

// The word being filled, its index in the codes, and how many of its bits are filled.
struct Packing {
  word: u32,
  at: u32,
  bit: u32,
}

// Appends a code; words from `words` on are not written.
fn append(packing: ptr<function, Packing>, c: u32, words: u32) {
  (*packing).word |= c << (*packing).bit;
  (*packing).bit += BITS;
  if ((*packing).bit >= 32u) {
    if ((*packing).at < words) {
      codes[(*packing).at] = (*packing).word;
    }
    (*packing).at++;
    (*packing).bit -= 32u;
    // The bits of the code that did not fit; none when it ended with the word.
    (*packing).word = c >> (BITS - (*packing).bit);
  }
}
