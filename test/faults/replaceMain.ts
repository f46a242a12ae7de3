/** `node replaceMain.mjs file|folder|model TARGET`: bundled and run by tests, which kill it. */
import { replace, type Kind } from './replace.ts';

const [kind, target = ''] = process.argv.slice(2);
await replace(kind as Kind, target);
