/**
 * What a pickle may name and call. Nothing is imported or run here whatever a pickle says: a call is either one of
 * those known below, which make data, or recorded. What could only serve to run something where others load the file
 * is refused by its name, so that nobody takes such a file for a model:
 *
 * - a module that reaches the system or the interpreter, as soon as it is named;
 * - a call of a function that is not known. Python does not tell functions from classes in a pickle, but names do:
 *   classes begin with a capital. An object of an unknown class is only its attributes (`Opaque`), as the modules of a
 *   pickled `torch.nn.Module` are.
 */
import { PickleFault } from './pickleFaults.ts';
import { Dict, Global, Opaque } from './pickleValues.ts';
import { TENSOR_CALLS } from './tensorCalls.ts';

/** Modules that reach the system or the interpreter. */
const MODULES = new Set(
  (
    'os posix nt ntpath posixpath subprocess sys runpy importlib imp pkgutil zipimport pty socket ssl shutil commands ' +
    'ctypes _ctypes cffi webbrowser pip setuptools code codeop timeit pdb bdb cProfile asyncio multiprocessing ' +
    'marshal pickle _pickle shelve dill cloudpickle joblib tempfile urllib requests http ftplib smtplib xmlrpc ' +
    'operator _operator'
  ).split(' '),
);
/** Python's own functions that run, import or look into code; attributes that lead there; types that are made of it. */
const NAMES = new Set(
  (
    'eval exec execfile compile open input breakpoint __import__ globals locals vars setattr delattr ' +
    '__builtins__ __globals__ __subclasses__ __class__ __code__ __dict__ FunctionType CodeType'
  ).split(' '),
);
/** Python's own module, in its two versions. */
const BUILTINS = ['builtins', '__builtin__'];

/** Characters of a class's or function's name with its module. */
const MAX_PATH = 1024;

/** Checks something that a pickle names. @throws PickleFault naming it */
export function checkNamed(global: Global): void {
  if (global.path.length > MAX_PATH)
    throw new PickleFault(`its pickle names a class by more than ${MAX_PATH} characters`);
  const [module] = global.module.split('.') as [string];
  const parts = global.name.split('.'); // of a name with dots, any may be a module
  const isPython = BUILTINS.includes(module) || module === 'types' || parts.length > 1;
  if (
    MODULES.has(module) ||
    (isPython && parts.some(part => NAMES.has(part))) ||
    parts.slice(0, -1).some(part => MODULES.has(part))
  )
    throw refused(global);
}

/** What calling a function or a class would give. @throws PickleFault naming a function that is not known */
export function called(global: Global, args: readonly unknown[]): unknown {
  const known = CALLS.get(global.path);
  if (known) return known(args, global);
  if (!isClass(global)) throw refused(global);
  return new Opaque(global);
}

/** The object that a class's `__new__` gives; that runs nothing of which a pickle decides. */
export function made(type: Global, args: readonly unknown[]): unknown {
  const known = CALLS.get(type.path);
  return known ? known(args, type) : new Opaque(type);
}

const isClass = ({ name }: Global): boolean => /^_*[A-Z]/.test(name.slice(name.lastIndexOf('.') + 1));

const refused = ({ path }: Global): PickleFault =>
  new PickleFault(
    `its pickle asks for ${path}, which may run code where PyTorch loads the file; ` +
      'get the weights from a source you trust, as safetensors',
  );

type Call = (args: readonly unknown[], global: Global) => unknown;

const opaque: Call = (_, global) => new Opaque(global);
/** A dict: a copy of one, or of a list of pairs, which is used up, as a pickle may pass the same one any number of times. */
const dict: Call = ([from]) => {
  if (from instanceof Dict) return from;
  const result = new Dict();
  const pairs = Array.isArray(from) ? (from as unknown[]).splice(0) : [];
  for (const pair of pairs) if (Array.isArray(pair)) result.entries.set(pair[0], pair[1]);
  return result;
};
const first: Call = ([value]) => value ?? null;
/** Not copied, for the same reason. */
const list: Call = ([values]) => (Array.isArray(values) ? (values as unknown[]) : []);

/** An attribute of something that is named (a member of a class, a nested class) is named by both. */
const getattr: Call = ([value, name], global) => {
  if (!(value instanceof Global) || typeof name !== 'string') return new Opaque(global);
  const attribute = new Global(value.module, `${value.name}.${name}`);
  checkNamed(attribute);
  return attribute;
};

/** An object whose class is the first argument. */
const ofClass: Call = ([type], global) => new Opaque(type instanceof Global ? type : global);

const calls = (module: string, names: string, call: Call): [string, Call][] =>
  names.split(' ').map(name => [`${module}.${name}`, call]);

const OF_BUILTINS = [
  ['dict', dict],
  ['list tuple set frozenset', list],
  ['int float bool str complex bytearray bytes object slice range type iter reversed enumerate zip', opaque],
  ['getattr', getattr],
] as const;

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ...BUILTINS.flatMap(module => OF_BUILTINS.flatMap(([names, call]) => calls(module, names, call))),
  ...calls('collections', 'OrderedDict defaultdict Counter', (args, global) =>
    dict(global.name === 'defaultdict' ? args.slice(1) : args, global),
  ),
  ...calls('collections', 'deque', list),
  ...calls('copyreg', '_reconstructor __newobj__ __newobj_ex__', ofClass),
  ...calls('copy_reg', '_reconstructor __newobj__ __newobj_ex__', ofClass),
  ...calls('_codecs', 'encode', opaque),
  ...calls('functools', 'partial', opaque),
  ...calls('itertools', 'count repeat cycle chain', opaque),
  ...calls('re', '_compile', opaque),
  ...calls('datetime', 'datetime date time timedelta timezone', opaque),
  ...['numpy', 'numpy.core.multiarray', 'numpy._core.multiarray'].flatMap(module =>
    calls(module, 'scalar _reconstruct ndarray dtype', opaque),
  ),
  ...['numpy.core.numeric', 'numpy._core.numeric'].flatMap(module => calls(module, '_frombuffer', opaque)),
  ...calls('numpy.random._pickle', '__randomstate_ctor __bit_generator_ctor __generator_ctor', opaque),
  ...calls('torch', 'device dtype layout memory_format', opaque),
  ...calls('torch', 'Size', list),
  ...calls('torch.serialization', '_get_layout', opaque),
  ...calls(
    'torch.jit._pickle',
    'build_intlist build_tensorlist build_doublelist build_boollist restore_type_tag',
    first,
  ),
  ...TENSOR_CALLS,
]);
