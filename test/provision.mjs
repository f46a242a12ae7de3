/**
 * Finds, or installs, what the tests need besides npm packages. Quick if everything is there. `node test/provision.mjs`
 * prints what it found; `provision()` returns it. A test never installs: it uses `find()`.
 */
import { fileURLToPath } from 'node:url';
import { CODE_SERVER, find } from './provision/find.mjs';
import { installCodeServer } from './provision/codeServer.mjs';
import { installPackages, missingPackages } from './provision/packages.mjs';

/** Finds everything, and installs what can be installed. */
export async function provision() {
  const missing = [];
  let found = await find();
  const wanted = await missingPackages(found);
  if (wanted.length > 0) {
    const failure = installPackages(wanted);
    if (failure) missing.push(failure);
    found = await find();
  }
  // It is useless without a browser.
  if (!found.codeServer && found.chromium) {
    const failure = await installCodeServer();
    if (failure) missing.push(`code-server ${CODE_SERVER} could not be installed: ${failure}`);
    found = await find();
  }
  if (!found.chromium) missing.push('no Chromium: the tests of pages and in a real VS Code are left out');
  if (!found.driver) missing.push('no software Vulkan driver: the WebGPU tests need a GPU');
  if (!found.loader) missing.push('no Vulkan loader (libvulkan.so.1): WebGPU finds no device');
  return { ...found, missing };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { missing, ...found } = await provision();
  console.log(JSON.stringify(found, undefined, 2));
  for (const line of missing) console.log(`missing: ${line}`);
}
