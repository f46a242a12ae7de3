/** `__metadata__` of weight files: what a checkpoint says about itself, for files without a config beside them. */
import { TOOL } from '../../shared/version.ts';

export type WeightsMetadata = Readonly<Record<string, string>>;

/** transformers refuses files that do not say which framework they are for. */
export const PLAIN: WeightsMetadata = { format: 'pt' };

/** Hashes over the weights: wrong as soon as a weight changes. */
const HASH = /^(modelspec\.hash_sha256|sshs_model_hash|sshs_legacy_hash)$/;

/** The part of a checkpoint's metadata that still holds for weights computed from it. */
export const changedWeights = (metadata: WeightsMetadata): WeightsMetadata => ({
  ...PLAIN,
  ...Object.fromEntries(Object.entries(metadata).filter(([key]) => !HASH.test(key))),
});

/** Metadata of a merged model: that of the model that gives its config, and what made it. */
export const mergedMetadata = (method: string, donor: WeightsMetadata): WeightsMetadata => ({
  ...changedWeights(donor),
  'tvq.merge_method': method,
  'tvq.tool': TOOL,
});
