/** Serves a page with a mock host on a free port of 127.0.0.1; both are files of the project. */
export function serve(entries?: {
  readonly main: string;
  readonly page: string;
}): Promise<{ readonly url: string; close(): Promise<void> }>;
