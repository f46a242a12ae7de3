/** Serves the inspector with a mock host on a free port of 127.0.0.1. */
export function serve(): Promise<{ readonly url: string; close(): Promise<void> }>;
