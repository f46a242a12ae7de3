/** `__metadata__` of weight files: what a checkpoint says of itself, for those that have no config beside them. */
import { TOOL } from '../../shared/version.ts';

export type WeightsMetadata = Readonly<Record<string, string>>;

/** transformers refuses files that do not say which framework they are for. */
export const PLAIN: WeightsMetadata = { format: 'pt' };

/** Hashes over the weights: false as soon as one of them changes. */
const HASH = /^(modelspec\.hash_sha256|sshs_model_hash|sshs_legacy_hash)$/;

/** What a checkpoint's metadata still says of weights that were computed from it. */
export const changedWeights = (metadata: WeightsMetadata): WeightsMetadata => ({
  ...PLAIN,
  ...Object.fromEntries(Object.entries(metadata).filter(([key]) => !HASH.test(key))),
});

/** Metadata of a merged model: that of the model whose config it has, and what made it. */
export const mergedMetadata = (method: string, donor: WeightsMetadata): WeightsMetadata => ({
  ...changedWeights(donor),
  'tvq.merge_method': method,
  'tvq.tool': TOOL,
});
