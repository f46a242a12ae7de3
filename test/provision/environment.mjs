/** The environment for a program that should run as if no npm had started us. */
import { delimiter } from 'node:path';

/** What npm sets for the scripts it runs, besides `npm_…`. NODE_ENV is kept: vitest and people set it too. */
const SET_BY_NPM = /^(npm_.*|INIT_CWD|NODE)$/;
/** Folders that npm puts before a person's own in PATH: otherwise the project's programs would be found first. */
const FOLDER_OF_NPM = /[\\/]node_modules[\\/](\.bin|.*node-gyp-bin)[\\/]?$/;

/**
 * `env` as it was before `npm test` added to it. An npm within an npm takes the outer one's settings as its own:
 * code-server's install script, for example, reads from `npm_config_user_agent` on which Node.js it is being installed.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutNpm(env) {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !SET_BY_NPM.test(name)));
  if (env.PATH === undefined) return kept;
  const folders = env.PATH.split(delimiter).filter(folder => !FOLDER_OF_NPM.test(folder));
  return { ...kept, PATH: folders.join(delimiter) };
}
