/** Reads weight files by what they are: their names say only that they may be weights. */
import { FOREIGN_HEAD_BYTES } from './foreignContent.ts';
import { readBeginning } from './regularFile.ts';
import { WEIGHT_FORMATS } from './registry.ts';
import type { Allowance } from './safetensors/headerRoom.ts';
import type { WeightFormat, WeightHeader } from './weightFormat.ts';

/** A header, with the format that its file really has. */
interface ReadWeights extends WeightHeader {
  readonly format: WeightFormat;
}

/** The format that a file's first bytes tell; undefined: none of ours. @throws UserError if it cannot be read */
export async function contentFormat(file: string): Promise<WeightFormat | undefined> {
  const head = await readBeginning(file, FOREIGN_HEAD_BYTES);
  return WEIGHT_FORMATS.find(format => format.recognises(head));
}

/**
 * Reads a file's header.
 * @param named the format that its name tells: it says what is wrong with a file that no format recognises
 * @throws UserError naming the file and the fault
 */
export async function readWeights(
  file: string,
  named: WeightFormat,
  allowance: Allowance,
): Promise<ReadWeights> {
  const format = (await contentFormat(file)) ?? named;
  const header = await format.readHeader(file, allowance);
  if (format === named) return { ...header, format };
  return {
    ...header,
    format,
    notes: [`${file}: a ${format.name} file despite its name; read as such`, ...header.notes],
  };
}
