/** Notifications and questions. Messages contain names from files, so they are shown as plain text. */
import { ProgressLocation, window, type CancellationToken } from 'vscode';
import { shown } from '../../shared/printable.ts';
import { withoutLinks } from './plainText.ts';

/** @returns the button that was pressed; undefined if it was closed */
type Ask = (message: string, ...buttons: readonly string[]) => Thenable<string | undefined>;

export const notify: Ask = (message, ...buttons) =>
  window.showInformationMessage(withoutLinks(message), ...buttons);

export const notifyWarning: Ask = (message, ...buttons) =>
  window.showWarningMessage(withoutLinks(message), ...buttons);

export const notifyError: Ask = (message, ...buttons) =>
  window.showErrorMessage(withoutLinks(message), ...buttons);

/** A question in front of everything else; `detail` stands below it. */
export const askModal = (
  message: string,
  detail: string,
  ...buttons: readonly string[]
): Thenable<string | undefined> =>
  window.showWarningMessage(shown(message), { modal: true, detail: shown(detail) }, ...buttons);

export interface NotifiedProgress {
  /** Percent since the last report. */
  readonly increment?: number;
  readonly message: string;
}

/** A notification with a button that cancels, for as long as `work` takes. */
export const withProgress = <T>(
  title: string,
  work: (report: (progress: NotifiedProgress) => void, token: CancellationToken) => Thenable<T>,
): Thenable<T> =>
  window.withProgress(
    { location: ProgressLocation.Notification, title: withoutLinks(title), cancellable: true },
    (notification, token) =>
      work(({ message, ...rest }) => notification.report({ ...rest, message: withoutLinks(message) }), token),
  );
