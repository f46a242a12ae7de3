/** What a model can be written as: forms of files, by the ending of the output's name, and the dtypes that each can hold. */
import type { OutputDtype } from '../protocol/recipes.ts';
import { translatable, type Message } from './translatable.ts';

export type OutputFormName = 'folder' | 'safetensors' | 'gguf';

export interface OutputFormInfo {
  readonly name: OutputFormName;
  /** Of the output's name; undefined: it is a folder. */
  readonly ending: string | undefined;
  readonly meaning: Message;
}

/** In the order offered. */
export const OUTPUT_FORMS: readonly OutputFormInfo[] = [
  {
    name: 'folder',
    ending: undefined,
    meaning: translatable('A folder with the weights, configuration and tokenizer (Hugging Face)'),
  },
  {
    name: 'safetensors',
    ending: '.safetensors',
    meaning: translatable('One file with the weights alone (safetensors, ComfyUI)'),
  },
  {
    name: 'gguf',
    ending: '.gguf',
    meaning: translatable('One file with weights, configuration and tokenizer (GGUF, llama.cpp)'),
  },
];

export interface OutputDtypeInfo {
  readonly name: OutputDtype;
  readonly meaning: Message;
  readonly forms: readonly OutputFormName[];
}

const ALL: readonly OutputFormName[] = ['folder', 'safetensors', 'gguf'];

/** In the order offered. */
export const OUTPUT_DTYPES: readonly OutputDtypeInfo[] = [
  { name: 'F32', meaning: translatable('32 bits'), forms: ALL },
  { name: 'F16', meaning: translatable('16 bits, values up to ±65504'), forms: ALL },
  { name: 'BF16', meaning: translatable('16 bits, the range of F32'), forms: ALL },
  {
    name: 'F8_E4M3',
    meaning: translatable('8 bits with scales for the matrices in the layers, the rest as it was'),
    forms: ['folder', 'safetensors'],
  },
  {
    name: 'Q8_0',
    meaning: translatable('8 bits with a scale for every 32 weights of a matrix'),
    forms: ['gguf'],
  },
];

/** The form of an output, by its name. */
export const outputForm = (path: string): OutputFormInfo =>
  OUTPUT_FORMS.find(({ ending }) => ending !== undefined && isFileWith(ending, path)) ??
  (OUTPUT_FORMS[0] as OutputFormInfo);

/** A name that is nothing but the ending is a hidden folder's. */
const isFileWith = (ending: string, path: string): boolean =>
  path.endsWith(ending) && !/(^|[/\\])$/.test(path.slice(0, -ending.length));

/** Whether a model with this name is one file, and not a folder. */
export const isFileOutput = (path: string): boolean => outputForm(path).ending !== undefined;

/** Those that a form can hold. */
export const dtypesOf = (form: OutputFormName): readonly OutputDtypeInfo[] =>
  OUTPUT_DTYPES.filter(({ forms }) => forms.includes(form));

/** The dtype of all floating-point tensors; undefined: each has that of its model, and some are coded. */
export const floatDtype = (dtype: OutputDtype | undefined): 'F32' | 'F16' | 'BF16' | undefined =>
  dtype === 'F32' || dtype === 'F16' || dtype === 'BF16' ? dtype : undefined;
