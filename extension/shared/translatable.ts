import type { Message } from '../protocol.ts';

/** Marks a sentence of the engine's, which knows no language, for whoever shows it: see extension/l10n.mjs. */
export const translatable = (sentence: string): Message => sentence as Message;
