/** Charts and tables that pages save. */
import * as z from 'zod';
import type { Calls } from './calls.ts';

/** A file that a page made from a chart or a table. */
export interface ExportedFile {
  /** Suggested name, without folders and with its extension. */
  readonly name: string;
  readonly kind: 'png' | 'svg' | 'csv';
  /** A PNG as base64; for the others, the text. */
  readonly data: string;
}

/** Characters of a message's data: a table of a hundred thousand rows, or a picture of any screen. */
export const MAX_EXPORT = 64 * 2 ** 20;
/** 89 50 4E 47 0D 0A 1A 0A as base64: two bits of the last letter are those of the next byte. */
const PNG_SIGNATURE = /^iVBORw0KGg[o-r]/;

export const exportedFile: z.ZodType<ExportedFile> = z
  .object({
    // No folders: even though the name only goes into a dialog, it must not lead elsewhere.
    name: z.string().regex(/^[\p{L}\p{N}_. -]{1,100}$/u),
    kind: z.enum(['png', 'svg', 'csv']),
    data: z.string().max(MAX_EXPORT),
  })
  .refine(({ name, kind }) => name.endsWith(`.${kind}`), { path: ['name'], error: 'wrong ending' })
  .refine(file => file.kind !== 'png' || PNG_SIGNATURE.test(file.data), {
    path: ['data'],
    error: 'not a PNG picture',
  });

/** Where a page's exports go. */
export interface ExportHost {
  /** Asks for a name and writes the file; false when the dialog was cancelled. */
  saveFile(file: ExportedFile): Promise<boolean>;
}

export const EXPORT_CALLS: Calls<ExportHost> = { saveFile: [exportedFile] };
