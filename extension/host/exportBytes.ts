import type { ExportedFile } from '../protocol/exports.ts';

/** The bytes to write of what a page hands over. */
export const exportBytes = ({ kind, data }: ExportedFile): Buffer =>
  Buffer.from(data, kind === 'png' ? 'base64' : 'utf8');
