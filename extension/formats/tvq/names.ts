/** Names of .tvq files. */

export const TVQ = '.tvq';

export const isTvq = (path: string): boolean => /[^\\/]\.tvq[\\/]*$/i.test(path);
