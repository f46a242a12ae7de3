import * as l10n from '@vscode/l10n';
import type { Message } from '../../extension/shared/translatable.ts';

/** A sentence of the engine's in the editor's language. */
export const translated: (message: Message) => string = l10n.t;
