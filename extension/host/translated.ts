import { l10n } from 'vscode';
import type { Message } from '../shared/translatable.ts';

/** A message from the engine in the editor's language. */
export const translated: (message: Message) => string = l10n.t;
