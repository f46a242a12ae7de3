import { alignedDataOffset } from '../../formats/safetensors/safetensors.ts';
import { UserError } from '../../shared/errors.ts';
import { formatBytes } from '../../shared/format.ts';
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import { runCounted } from '../scheduler/runPlanned.ts';
import { reportsOnly } from '../scheduler/orderedSink.ts';
import { ranksWithin } from './budget.ts';
import type { Reason } from './changes.ts';
import { extractKind, mostFactorBytes, type ExtractItem, type ExtractReport } from './item.ts';
import type { ExtractPlan } from './plan.ts';

/**
 * The plan with the ranks that a size allows: the changes are measured first.
 * @param headerBytes of the weight file
 * @throws UserError where not one direction of one module fits
 */
export async function withinSize(
  plan: ExtractPlan,
  headerBytes: number,
  backend: EngineBackend,
  { signal, onProgress }: Hooks,
): Promise<ExtractPlan> {
  const { items, recipe, share, stamps } = plan;
  const { size } = recipe;
  if (size === undefined) return plan;
  const asked = items.filter(({ form }) => form).map(item => ({ ...item, measured: true }));
  const energies: Float64Array[] = [];
  const sink = reportsOnly<ExtractReport>((number, report) => void (energies[number] = report.energies));
  await runCounted({ kind: extractKind, items: asked, stamps, share, backend, signal, onProgress }, sink);
  const candidates = asked.map((item, i) => ({
    energies: energies[i] as Float64Array,
    bytes: mostFactorBytes({ ...item, most: 1 }),
  }));
  const ranks = ranksWithin(candidates, size - alignedDataOffset(headerBytes));
  const isChanged = candidates.some(({ energies: found }) => found.length > 0);
  if (isChanged && ranks.every(rank => rank === 0))
    throw new UserError(`${formatBytes(size)} are too few for an adapter of this model; allow more`);
  const byTensor = new Map(asked.map(({ tensor }, i) => [tensor, ranks[i] as number]));
  const without = asked.filter(({ tensor }) => byTensor.get(tensor) === 0);
  const reasons = new Map<string, Reason>(plan.reasons);
  for (const { tensor } of without) reasons.set(tensor, 'worth less than their bytes');
  const ranked = (item: ExtractItem): ExtractItem => {
    const rank = byTensor.get(item.tensor);
    return rank === 0 ? { ...item, form: undefined, most: 0 } : { ...item, most: rank ?? item.most };
  };
  return { ...plan, items: items.map(ranked), reasons };
}
