/** Reads merge-report.json back, without its tensors (docs/merge-report.md). No `vscode` here. */
import { stat } from 'node:fs/promises';
import * as z from 'zod';
import { readRegular } from '../../formats/regularFile.ts';
import type { StudioMergeReport } from '../../protocol/merge.ts';

/** A report has about a hundred bytes per tensor and input; a larger file is something else. */
const MAX_BYTES = 64 << 20;
const MAX_INPUTS = 1000;
const MAX_LAYERS = 10_000;

const number = z.number().nullable();
const name = z.string().max(1000);
const totals = {
  norm: number,
  inputs: z.array(z.object({ name, norm: number, cosine: number, kept: number })).max(MAX_INPUTS),
  signConflicts: number,
  difference: number,
};
const scalar = z.union([z.number(), z.array(z.number()).max(1000), z.boolean(), z.string().max(1000)]);
const rules = z.array(z.object({ filter: z.string().optional(), value: scalar })).max(1000);
const values = z.record(name, z.union([scalar, rules]));

const report = z.object({
  method: name,
  parameters: values,
  inputParameters: z.record(name, values),
  model: z.object(totals),
  layers: z
    .array(
      z.object({
        // Reports of earlier versions have no stacks: their models count as one.
        stack: name.nullable().default(null),
        layer: z.number().int().nonnegative().nullable(),
        ...totals,
      }),
    )
    .max(MAX_LAYERS),
});

/** Rejects with a sentence that names the file and what is wrong with it. */
export async function readMergeReport(file: string): Promise<StudioMergeReport> {
  const { size } = await stat(file).catch((): never => {
    throw new Error(`${file} no longer exists.`);
  });
  if (size > MAX_BYTES) throw new Error(`${file} has ${size} bytes: no merge report is that large.`);
  const { success, data, error } = report.safeParse(
    parseJson((await readRegular(file, MAX_BYTES)).toString()),
  );
  if (success) return data as StudioMergeReport;
  const where = error.issues[0]?.path.join('.') || 'its content';
  throw new Error(`${file} is not a merge report: ${where} is not as expected. Merge again to get one.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
