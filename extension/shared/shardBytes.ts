/** Bytes of a weight file at most, unless asked otherwise: huggingface_hub's 5 GB. */
export const SHARD_BYTES = 5e9;
