/** How files of PyTorch's begin. */

/** Where the name of an archive's first entry is. */
const FIRST_NAME = 30;
/** What torch.save and torch.jit.save have in the folder of an archive. */
const ENTRY =
  /[^/]\/(data\.pkl|constants\.pkl|byteorder|version|\.format_version|\.storage_alignment|\.data\/|data\/|code\/|extra\/)/;
/** 0x1950a86a20f9469cfc6c (torch/serialization.py), pickled as a number of ten bytes, and the pickle's end. */
const MAGIC = Buffer.from([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]);
/** A frame, which pickles have since protocol 4: its code and a length of eight bytes. */
const FRAME = 0x95;
const FRAME_BYTES = 9;

/** Any zip archive; an empty one has no entry to begin with. */
export const isZip = (head: Uint8Array): boolean => latin1(head.subarray(0, 4)) === 'PK\x03\x04';

/** A zip archive whose first entries are those of torch.save or torch.jit.save. */
export const isArchive = (head: Uint8Array): boolean =>
  isZip(head) && ENTRY.test(latin1(head.subarray(FIRST_NAME)));

/** A pickle of protocol 2 to 5. */
export const isPickle = ([code, protocol = 0]: Uint8Array): boolean =>
  code === 0x80 && protocol >= 2 && protocol <= 5;

/** The magic number with which torch.save began before 1.6, pickled by any protocol. */
export const isLegacy = (head: Uint8Array): boolean => {
  const at = head[2] === FRAME ? 2 + FRAME_BYTES : 2;
  return isPickle(head) && MAGIC.equals(head.subarray(at, at + MAGIC.length));
};

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
