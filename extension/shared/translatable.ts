/** A sentence in the source that is translated where it is shown. */
export type Message = string & { readonly isMessage: true };

/** Marks a sentence of the engine, which has no language, for translation on display: see scripts/messages.mjs. */
export const translatable = (sentence: string): Message => sentence as Message;
