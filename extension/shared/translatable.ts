/** A sentence that stands in the source, and is translated where it is shown. */
export type Message = string & { readonly isMessage: true };

/** Marks a sentence of the engine's, which knows no language, for whoever shows it: see scripts/messages.mjs. */
export const translatable = (sentence: string): Message => sentence as Message;
