/** Folder of built artefacts, as seen from a bundle in it and from source under test. */
export const distFolder = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/', import.meta.url)
  : new URL('./', import.meta.url);

/** The CPU kernels. */
export const kernelsUrl = new URL('kernels.wasm', distFolder);
/** What a worker thread runs. */
export const workerUrl = new URL('worker.mjs', distFolder);
