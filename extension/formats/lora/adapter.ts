/** Adapters: small weights that change a model but are not a model themselves. Recognised by tensor names. */
import { dirname, basename, join } from 'node:path';
import { readJson } from '../smallFile.ts';

export interface AdapterFinding {
  /** "a LoRA adapter (PEFT, rank 8)". */
  readonly what: string;
  /** How it becomes part of a model. */
  readonly remedy: string;
  /** Whether its change of a base model can be computed (applyAdapter.ts). */
  readonly applicable: boolean;
  /** Whether the weights that it changes are there too: a whole model that needs the adapter inside it. */
  readonly inside: boolean;
}

interface Kind {
  readonly name: string;
  /** Whether it is a sum, product or scaling of a base model's matrices that applyAdapter.ts knows. */
  readonly applicable?: true;
  readonly names: RegExp;
  /** The tool, if only one uses this naming. */
  readonly tool?: string;
  /** Virtual tokens: nothing that could be merged into weights. */
  readonly prompts?: true;
}

/** PEFT, kohya's sd-scripts and LyCORIS, diffusers, mlx-lm, ComfyUI; the first match counts, so DoRA is not taken for
 * LoRA. */
const KINDS: readonly Kind[] = [
  { name: 'DoRA', applicable: true, names: /\.lora_magnitude_vector(\.|$)/, tool: 'PEFT' },
  { name: 'DoRA', applicable: true, names: /\.dora_scale$/, tool: 'LyCORIS' },
  { name: 'AdaLoRA', names: /\.lora_E(\.|$)/, tool: 'PEFT' },
  { name: 'VeRA', names: /(^|\.)vera_(lambda_[bd]|A|B)(\.|$)/, tool: 'PEFT' },
  { name: 'VB-LoRA', names: /(^|\.)vblora_/, tool: 'PEFT' },
  { name: 'RandLoRA', names: /(^|\.)randlora_/, tool: 'PEFT' },
  { name: 'X-LoRA', names: /(^|\.)internal_xlora_classifier\./, tool: 'PEFT' },
  { name: 'Poly', names: /\.poly_lora_[AB](\.|$)/, tool: 'PEFT' },
  { name: 'LoRA', applicable: true, names: /(^|\.)lora_(embedding_)?[AB](\.|$)/, tool: 'PEFT' },
  { name: 'LoRA', applicable: true, names: /\.lora_[ab]$/, tool: 'mlx-lm' },
  {
    name: 'LoRA',
    applicable: true,
    names: /^lora_(unet|te\d?|transformer|prior|dit|llm)\w*\.lora_(down|up|mid)\b/,
    tool: 'kohya',
  },
  {
    name: 'LoRA',
    applicable: true,
    names: /\.lora_linear_layer\.(down|up)\.|[._]lora\d*\.(down|up)\./,
    tool: 'diffusers',
  },
  { name: 'LoRA', applicable: true, names: /\.lora_(down|up|mid)(\.|$)/ },
  { name: 'LoHa', applicable: true, names: /\.hada_(w[12]_[ab]|t[12])(\.|$)/ },
  { name: 'LoKr', applicable: true, names: /\.lokr_(w[12](_[ab])?|t2)(\.|$)/ },
  { name: 'GLoRA', names: /^(lora|lycoris)_\w+\.[ab][12]\.weight$/, tool: 'LyCORIS' },
  {
    name: 'full-difference',
    applicable: true,
    names: /^((lora|lycoris)_\w+|diffusion_model\..+)\.(diff(_b)?|[wb]_norm)$/,
    tool: 'LyCORIS',
  },
  { name: 'Control-LoRA', names: /^lora_controlnet$/, tool: 'ComfyUI' },
  { name: '(IA)³', names: /\.ia3_l(\.|$)/, tool: 'PEFT' },
  { name: 'BOFT', names: /\.boft_[Rs](\.|$)/, tool: 'PEFT' },
  { name: 'OFT', names: /\.oft_([Rrs]|blocks|diag)(\.|$)/ },
  { name: 'FourierFT', names: /\.fourierft_spectrum(\.|$)/, tool: 'PEFT' },
  { name: 'HRA', names: /\.hra_u(\.|$)/, tool: 'PEFT' },
  { name: 'Bone', names: /\.(bone|miss)_block(\.|$)/, tool: 'PEFT' },
  { name: 'C3A', names: /\.c3a_kernel(\.|$)/, tool: 'PEFT' },
  { name: 'SHiRA', names: /\.shira_weight(\.|$)/, tool: 'PEFT' },
  { name: 'RoAd', names: /\.road_(theta|alpha)(\.|$)/, tool: 'PEFT' },
  {
    name: 'trainable-token',
    applicable: true,
    names: /(^|\.)trainable_tokens_(delta|original)(\.|$)/,
    tool: 'PEFT',
  },
  { name: 'LLaMA-Adapter', names: /\.adaption_(prompt|gate)$/, tool: 'PEFT', prompts: true },
  {
    name: 'prompt-tuning',
    names:
      /^(base_model\.)?(prompt_encoder\.\w+\.)?prompt_embeddings$|^(base_model\.)?prompt_encoder\.\w+\.(embedding\.weight|(transform|mlp_head|lstm_head)\.)/,
    tool: 'PEFT',
    prompts: true,
  },
  { name: 'textual-inversion', names: /^(emb_params|clip_[lg])$/, prompts: true },
];

/** Any of them, for a quick test: models have many names, and most have no adapter. */
const ANY = new RegExp(KINDS.map(({ names }) => names.source).join('|'));

/** Tensors that accompany adapters of any kind. */
const COMPANION = /\.(alpha|dora_scale|ranknum)(\.|$)/;

function remedyOf({ prompts }: Kind, applicable: boolean, inside: boolean): string {
  if (prompts) return 'prompts do not change weights, so they cannot be merged';
  if (applicable) return 'name it as a task or an input, and its base model as the base';
  return `merge it into its base model first${inside ? ' (merge_and_unload), and save it again' : ''}`;
}

/** adapter_config.json is read for its `peft_type` when the adapter's tensors have ordinary names. */
const MAX_CONFIG_BYTES = 1 << 20;

/**
 * The adapter among tensors; undefined: none.
 * @param tensors names with shapes
 */
export function adapterKind(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): AdapterFinding | undefined {
  const names = [...tensors.keys()];
  const parts = names.filter(name => ANY.test(name));
  const kind = KINDS.find(one => parts.some(name => one.names.test(name)));
  if (!kind) return undefined;
  const others = names.filter(name => !ANY.test(name) && !COMPANION.test(name));
  const inside = kind.prompts ? others.length > names.length / 2 : hasOwnWeights(names);
  const ranks = [...tensors].flatMap(([name, { shape }]) => rankOf(name, shape));
  const applicable = kind.applicable === true && !inside;
  return {
    what: `${article(kind.name)} adapter${inBrackets(kind.tool, describeRanks(ranks))}`,
    remedy: remedyOf(kind, applicable, inside),
    applicable,
    inside,
  };
}

/** The adapter that a file is by its name and the adapter_config.json beside it, if its tensors do not tell. */
export async function configuredAdapter(file: string): Promise<AdapterFinding | undefined> {
  if (!/^adapter_model\b/.test(basename(file))) return undefined;
  const config = await readJson(join(dirname(file), 'adapter_config.json'), MAX_CONFIG_BYTES).catch(
    () => undefined,
  );
  const type = (config as { peft_type?: unknown } | undefined)?.peft_type;
  const name = typeof type === 'string' && /^[\w-]{1,30}$/.test(type) ? type : 'PEFT';
  return {
    what: `${article(name)} adapter`,
    remedy: 'merge it into its base model first',
    applicable: false,
    inside: false,
  };
}

/** The module that an adapter's tensor changes. */
const CHANGED =
  /^(.+?)[._](lora_(embedding_)?[AB]|lora_[ab]|poly_lora_[AB]|lora_down|lora\.down|hada_w1_a|lokr_w1(_a)?|ia3_l|oft_R|boft_R)(\.|$)/;

/** Removes prefixes that wrappers put in front of an adapter's names but not of its model's. */
const unprefixed = (name: string): string => name.replace(/^((base_model|module|model)\.)+/, '');

/** Whether the weights that the adapter's tensors change are there too; modules saved whole may be there as well. */
function hasOwnWeights(names: readonly string[]): boolean {
  if (names.some(name => /\.base_layer\.weight$|\.parametrizations\.\w+\.original$/.test(name))) return true;
  const own = new Set(names.map(unprefixed));
  return names.some(name => {
    const module = CHANGED.exec(name)?.[1];
    return module !== undefined && own.has(`${unprefixed(module)}.weight`);
  });
}

/** The rank according to a LoRA tensor's shape. */
function rankOf(name: string, shape: readonly number[]): number[] {
  if (/\.lora_a$/.test(name)) return shape.slice(1, 2); // mlx stores it transposed
  const tells =
    /[._]lora_A\b|lora_embedding_A|lora_down\.weight$|lora_linear_layer\.down|lora\d*\.down\./.test(name);
  return tells && shape[0] !== undefined ? [shape[0]] : [];
}

function describeRanks(ranks: readonly number[]): string | undefined {
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  if (ranks.length === 0) return undefined;
  return least === most ? `rank ${least}` : `ranks ${least} to ${most}`;
}

const inBrackets = (...parts: readonly (string | undefined)[]): string => {
  const known = parts.filter(part => part !== undefined);
  return known.length > 0 ? ` (${known.join(', ')})` : '';
};

/** By pronunciation: "an (IA)³", "an OFT", "an HRA", "an LN_TUNING"; "a" before all others. */
const article = (name: string): string =>
  `${/^(\(IA|IA3|ADA|OFT|HRA|LN|X)/i.test(name) ? 'an' : 'a'} ${name}`;
