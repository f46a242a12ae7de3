import { printable } from '../../extension/shared/printable.ts';

/** A name cut in two: `head` is shortened when there is no room; `tail` is only cut when nothing of `head` is left. */
export interface SplitName {
  readonly head: string;
  readonly tail: string;
}

/** Fits names like "31.self_attn.q_proj.weight": the layer's number and everything after it. */
const TAIL = 28;

/**
 * Where to cut a tensor's name so that an ellipsis in the middle hides the least: the layer number and what follows
 * distinguish tensors, while hundreds share the prefix. No width is measured here: CSS puts the ellipsis at the end of
 * `head` when there is too little room, whatever the font.
 */
export function splitName(whole: string, tailLength = TAIL): SplitName {
  const name = printable(whole); // escapes count towards the length, and are not cut unnoticed
  if (name.length <= tailLength) return { head: '', tail: name };
  const starts: number[] = [];
  for (let at = name.length - tailLength; at < name.length; at++) {
    if (name[at - 1] === '.' || name[at - 1] === '/') starts.push(at);
  }
  const numbered = starts.find(at => /^\d+[./]/.test(name.slice(at)));
  let cut = numbered ?? starts[0] ?? name.length - Math.floor(tailLength / 2);
  // Do not split a surrogate pair.
  if (/[\uDC00-\uDFFF]/.test(name[cut] ?? '')) cut++;
  return { head: name.slice(0, cut), tail: name.slice(cut) };
}

/** The last part of a path from any operating system. */
export const fileName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
