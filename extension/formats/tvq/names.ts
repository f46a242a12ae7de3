/** Names of .tvq files. */
import { extname } from 'node:path';

export const TVQ = '.tvq';

export const isTvq = (path: string): boolean => extname(path).toLowerCase() === TVQ;
