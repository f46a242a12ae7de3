/**
 * Loaded into a process and its threads by `node --import`: makes a system call fail, do only a part, or be the
 * process's last. TVQ_TEST_FAULT is `{ "calls": [names], "path": "regex", "nth": 1, "threads": true, "effect": "..." }`,
 * where `threads` leaves the main thread alone, and the effect is an error's code, `short` (from the nth call, reads and writes move few bytes), or `kill` (before the call).
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const { calls, path, nth = 1, threads = false, effect } = JSON.parse(process.env.TVQ_TEST_FAULT);
const wanted = new RegExp(path ?? '');
const promises = fs.promises;
const paths = new WeakMap();
let met = 0;

/** Names of the system calls in errors. */
const NAMES = { sync: 'fsync', datasync: 'fdatasync', rm: 'unlink', readFile: 'read', writeFile: 'write' };
/** Names under which a fault can be requested, such as "write" for all kinds of writes. */
const KINDS = { writeFile: 'write', readFile: 'read', datasync: 'sync' };

/** Counts a call, and triggers the fault when it is due. @returns whether the call should do only a part */
function meet(name, file) {
  if (!calls.includes(KINDS[name] ?? name) || !wanted.test(file) || (threads && isMainThread)) return false;
  met++;
  if (effect === 'short') return met >= nth;
  if (met !== nth) return false;
  if (effect === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // until the signal arrives
  }
  const syscall = NAMES[name] ?? name;
  throw Object.assign(new Error(`${effect}: made up, ${syscall}`), { code: effect, syscall, path: file });
}

const textOf = file => (file instanceof URL ? fileURLToPath(file) : String(file));

for (const name of ['rename', 'link', 'rm', 'mkdir', 'stat', 'readFile']) {
  const real = promises[name];
  promises[name] = async (...args) => {
    meet(name, textOf(args[0]));
    return real(...args);
  };
}

const open = promises.open;
promises.open = async (file, flags = 'r', ...more) => {
  const isRead = typeof flags === 'number' ? (flags & 3) === fs.constants.O_RDONLY : flags === 'r';
  meet(isRead ? 'openRead' : 'open', textOf(file));
  const handle = await open(file, flags, ...more);
  paths.set(handle, textOf(file));
  const close = handle.close; // each handle has its own
  handle.close = async () => {
    await close.call(handle); // the system closes a file even if it reports an error
    meet('close', textOf(file));
  };
  return handle;
};

const probe = await open(process.execPath, 'r');
const methods = Object.getPrototypeOf(probe);
await probe.close();
for (const name of ['read', 'write', 'sync', 'datasync', 'writeFile', 'readFile']) {
  const real = methods[name];
  methods[name] = async function (...args) {
    const file = paths.get(this);
    if (file === undefined) return real.apply(this, args);
    const isShort = meet(name, file);
    if (isShort && (name === 'read' || name === 'write') && typeof args[2] === 'number')
      args[2] = Math.min(args[2], 1 + (met % 4099));
    return real.apply(this, args);
  };
}

/** Files that a job reads are opened by number. */
const numbers = new Map();

const openSync = fs.openSync;
fs.openSync = (file, ...more) => {
  if (typeof file === 'string') meet('openRead', file);
  const number = openSync(file, ...more);
  numbers.set(number, String(file));
  return number;
};

const closeSync = fs.closeSync;
fs.closeSync = number => {
  numbers.delete(number);
  closeSync(number);
};

const read = fs.read;
const readOrFail = (number, buffer, offset, length, position, done) => {
  const file = numbers.get(number);
  try {
    const isShort = file !== undefined && meet('read', file);
    read(number, buffer, offset, isShort ? Math.min(length, 1 + (met % 4099)) : length, position, done);
  } catch (error) {
    process.nextTick(done, error);
  }
};
// What promisify makes of it stands in its properties.
fs.read = Object.defineProperties(readOrFail, Object.getOwnPropertyDescriptors(read));

syncBuiltinESMExports();
