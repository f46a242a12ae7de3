import * as l10n from '@vscode/l10n';
import type { Message } from '../../extension/shared/translatable.ts';

/** A message from the engine in the editor's language. */
export const translated: (message: Message) => string = l10n.t;
