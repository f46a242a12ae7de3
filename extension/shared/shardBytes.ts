/** Default maximum size of a weight file: huggingface_hub's 5 GB. */
export const SHARD_BYTES = 5e9;
