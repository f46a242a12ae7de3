import { printable } from '../../extension/shared/printable.ts';

/** A name cut in two: `head` is shortened when there is no room, `tail` is shown last of all to be cut. */
export interface SplitName {
  readonly head: string;
  readonly tail: string;
}

/** "31.self_attn.q_proj.weight" and its like fit: the layer's number and everything below it. */
const TAIL = 28;

/**
 * Where to cut a tensor's name so that an ellipsis in the middle hides the least: the layer number and what
 * follows it tell tensors apart, the prefix is the same for hundreds. No width is measured here: CSS puts the
 * ellipsis at the end of `head` when there is too little room, whatever the font.
 */
export function splitName(whole: string, tailLength = TAIL): SplitName {
  const name = printable(whole); // its length counts, and an escape is not cut unseen
  if (name.length <= tailLength) return { head: '', tail: name };
  const starts: number[] = [];
  for (let at = name.length - tailLength; at < name.length; at++) {
    if (name[at - 1] === '.' || name[at - 1] === '/') starts.push(at);
  }
  const numbered = starts.find(at => /^\d+[./]/.test(name.slice(at)));
  let cut = numbered ?? starts[0] ?? name.length - Math.floor(tailLength / 2);
  // Never between the halves of a surrogate pair.
  if (/[\uDC00-\uDFFF]/.test(name[cut] ?? '')) cut++;
  return { head: name.slice(0, cut), tail: name.slice(cut) };
}

/** The last part of a path, of whatever system. */
export const fileName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
