/** The part of VS Code's webview API that pages use. */
export interface WebviewApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  /** Provided by VS Code in every webview; it may be called only once. */
  function acquireVsCodeApi(): WebviewApi;
}
