import { l10n } from 'vscode';
import type { Message } from '../shared/translatable.ts';

/** A sentence of the engine's in the editor's language. */
export const translated: (message: Message) => string = l10n.t;
