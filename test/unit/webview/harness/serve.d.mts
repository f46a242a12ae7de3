/** Serves a page with a mock host, a file of this folder, on a free port of 127.0.0.1. */
export function serve(
  page?: string,
  mock?: string,
): Promise<{ readonly url: string; close(): Promise<void> }>;
