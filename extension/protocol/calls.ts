/** A page's calls to the host are checked, as a page is less trusted than the host. */
import type * as z from 'zod';

/** For each of the host's methods, a schema for each of its arguments. */
export type Calls<Host> = {
  readonly [M in keyof Host]: Host[M] extends (...args: infer Args) => unknown ? Checks<Args> : never;
};

type Checks<Args extends unknown[]> = { readonly [I in keyof Args]: z.ZodType<Args[I]> };
