/** All ways to write the values of a tensor. */
import type { EncodingKind } from './encoding.ts';
import { floats, type Floats } from './floats.ts';
import { q8_0, type Q8_0 } from './q8_0.ts';
import { scaled8, type Scaled8 } from './scaled8.ts';

export type Encoding = Floats | Scaled8 | Q8_0;

const KINDS: { readonly [E in Encoding as E['kind']]: EncodingKind<E> } = { floats, scaled8, q8_0 };

export const encodingKind = (encoding: Encoding): EncodingKind<Encoding> => KINDS[encoding.kind];
