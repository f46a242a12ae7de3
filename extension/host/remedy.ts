/** A remedy that an error offers as a button. No `vscode` here, so that tests can run it. */
export interface Remedy {
  readonly label: string;
  run(): unknown;
}

/** An error whose message comes with buttons. */
export class RemediableError extends Error {
  constructor(
    message: string,
    readonly remedies: readonly Remedy[],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RemediableError';
  }
}
