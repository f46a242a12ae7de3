/** Checks what comes from a page, or from a state that it saved. No `vscode` here, so that tests can run it. */
import type * as z from 'zod';
import type { Calls } from '../protocol/calls.ts';

/** The same host, but arguments are first checked by `calls`; a page cannot call any other methods. */
export function guarded<Host extends object>(host: Host, calls: Calls<Host>): Host {
  const methods = host as Readonly<Record<string, (...args: unknown[]) => unknown>>;
  const checks = Object.entries<readonly z.ZodType[]>(calls as Record<string, readonly z.ZodType[]>);
  const checked = checks.map(([name, schemas]) => [
    name,
    async (...args: unknown[]) => methods[name]?.(...schemas.map((schema, i) => checkSent(schema, args[i]))),
  ]);
  return Object.fromEntries(checked) as Host;
}

/** Returns `value` with only known fields, or throws naming the one that is wrong. */
export function checkSent<T>(schema: z.ZodType<T>, value: unknown): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const { path = [], message = '' } = error.issues[0] ?? {};
  throw new Error(`What the page sent is not valid: "${path.join('.')}": ${message}`);
}
