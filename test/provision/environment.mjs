/** What a program gets of our environment that is to run as if no npm had started us. */
import { delimiter } from 'node:path';

/** Beside `npm_…`: what npm sets for the scripts it runs. NODE_ENV is left: vitest and people set it too. */
const SET_BY_NPM = /^(npm_.*|INIT_CWD|NODE)$/;
/** Folders that npm puts before a person's own in PATH: the project's programs would be found first. */
const FOLDER_OF_NPM = /[\\/]node_modules[\\/](\.bin|.*node-gyp-bin)[\\/]?$/;

/**
 * `env` as it was before `npm test` added to it. An npm in an npm takes the outer one's settings for its own:
 * code-server's install script, for one, reads in `npm_config_user_agent` on which Node.js it is being installed.
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
