/** Which files of a model's folder go with its weights, by their names. */

/** Configurations, tokenizers, vocabularies, chat templates, modeling code. */
const COMPANION = /\.(json|txt|model|jinja|py|tiktoken)$/;
/** Texts that must accompany the weights. */
const LEGAL = /^(licen[cs]e|notice|use[-_]policy)[\w-]*(\.md)?$/i;
/** Indexes of weights, and files of trainers, quantizers and merges about their own weights rather than the model. */
const NOT_OF_THE_MODEL =
  /(\.index\.json|^adapter_config\.json|^(trainer_state|training_args|merge-report)\.json|_results\.json)$/;
/** Where transformers keeps chat templates beyond the first. */
export const TEMPLATES_FOLDER = 'additional_chat_templates';
/** Where sentence-transformers lists the modules after the transformer, and how it names their folders. */
export const MODULES = 'modules.json';
export const MODULE_FOLDER = /^\d{1,3}_[A-Za-z]\w{0,63}$/;
/** Weights of such a module: they belong to it, and are neither merged nor quantized. */
const MODULE_WEIGHTS = /^(model\.safetensors|pytorch_model\.bin)$/;

const MAX_NAME = 255;

const isPlain = (name: string): boolean =>
  !/^(\.|readme)/i.test(name) && !NOT_OF_THE_MODEL.test(name) && (COMPANION.test(name) || LEGAL.test(name));
const isTemplate = (name: string): boolean => /^[^.].*\.jinja$/.test(name);
const isOfModule = (name: string): boolean => isPlain(name) || MODULE_WEIGHTS.test(name);
/** Valid as a file name on every system, and does not leave its folder. */
const isSafe = (name: string): boolean =>
  name.length <= MAX_NAME && /^[^\\/:*?"<>|\p{Cc}\p{Cf}]+$/u.test(name);

/** Whether a file of this name, relative to a model's folder, goes with weights; others are never written. */
export function isCompanion(name: string): boolean {
  const [first, second, ...more] = name.split('/') as [string, ...string[]];
  if (more.length > 0 || !isSafe(first) || (second !== undefined && !isSafe(second))) return false;
  if (second === undefined) return isPlain(first);
  return first === TEMPLATES_FOLDER ? isTemplate(second) : MODULE_FOLDER.test(first) && isOfModule(second);
}

/** Companions that belong together: all of one kind are taken from one model. */
export function companionKind(name: string): 'config' | 'tokenizer' | 'processor' | 'legal' | 'other' {
  if (name === 'config.json') return 'config';
  if (LEGAL.test(name)) return 'legal';
  if (/^(pre|image_|video_|feature_)?(processor|extractor)/.test(name)) return 'processor';
  const isTokenizer =
    /^(tokenizer|vocab|merges|special_tokens|added_tokens|chat_template|spiece|sentencepiece|source\.|target\.)/;
  const isVocabulary = /\.(model|tiktoken)$/;
  return isTokenizer.test(name) || isVocabulary.test(name) || name.startsWith(`${TEMPLATES_FOLDER}/`)
    ? 'tokenizer'
    : 'other';
}

/** Weights of a module after the transformer. */
export const isModuleWeights = (name: string): boolean =>
  name.includes('/') && MODULE_WEIGHTS.test(name.slice(name.indexOf('/') + 1));
