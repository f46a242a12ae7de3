import { createBirpc } from 'birpc';
import type { WebviewApi } from './vscodeApi.ts';

/** The part of birpc's wire format that we need: `e` is the error of an answer. */
interface Message {
  readonly t: 'q' | 's';
  readonly e?: unknown;
}

const isMessage = (data: unknown): data is Message =>
  typeof data === 'object' && data !== null && 't' in data && (data.t === 'q' || data.t === 's');

/** The message of whatever a call was rejected with. */
export function errorMessage(error: unknown): string {
  if (typeof error === 'string' && error !== '') return error;
  if (typeof error === 'object' && error !== null && 'message' in error) {
    if (typeof error.message === 'string' && error.message !== '') return error.message;
  }
  return 'The extension gave no reason.';
}

/** An Error turns into `{}` in VS Code's JSON transport, so errors are sent as plain objects and revived here. */
export const serialize = (message: Message): Message =>
  message.e instanceof Error
    ? { ...message, e: { name: message.e.name, message: message.e.message } }
    : message;

/** @see serialize */
export const deserialize = (message: Message): Message =>
  message.e === undefined ? message : { ...message, e: new Error(errorMessage(message.e)) };

/** Connects a page to its host: calls on the result run in the extension, calls from there run on `page`. */
export function connect<Host extends object, Page extends object>(api: WebviewApi, page: Page): Host {
  const rpc = createBirpc<Host, Page>(page, {
    post: data => api.postMessage(data),
    on: receive => {
      window.addEventListener('message', (event: MessageEvent<unknown>) => {
        if (isMessage(event.data)) receive(event.data);
      });
    },
    serialize,
    deserialize,
    bind: 'functions',
    // Some calls wait for a person (a save dialog), so none may time out.
    timeout: -1,
  });
  return rpc as unknown as Host;
}
