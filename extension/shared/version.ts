import { version } from '../../package.json';

/** What wrote a file. */
export const TOOL = `tvq-studio ${version}`;
export { version };
