/** Adapters: small weights that change a model, and are none themselves. Told by the names of their tensors. */
import { dirname, basename, join } from 'node:path';
import { readJson } from './smallFile.ts';

export interface AdapterFinding {
  /** "a LoRA adapter (PEFT, rank 8)". */
  readonly what: string;
  /** How it becomes part of a model. */
  readonly remedy: string;
  /** Whether the weights that it changes are there too: a whole model with an adapter inside. */
  readonly inside: boolean;
}

interface Kind {
  readonly name: string;
  readonly names: RegExp;
  /** Whose naming it is, where one tool has it alone. */
  readonly tool?: string;
  /** Virtual tokens: nothing that could be merged into weights. */
  readonly prompts?: true;
}

/** PEFT, kohya's sd-scripts and LyCORIS, diffusers; the first that matches names the adapter, so that DoRA is not LoRA. */
const KINDS: readonly Kind[] = [
  { name: 'DoRA', names: /\.lora_magnitude_vector(\.|$)/, tool: 'PEFT' },
  { name: 'DoRA', names: /\.dora_scale$/, tool: 'LyCORIS' },
  { name: 'AdaLoRA', names: /\.lora_E(\.|$)/, tool: 'PEFT' },
  { name: 'VeRA', names: /(^|\.)vera_(lambda_[bd]|A|B)(\.|$)/, tool: 'PEFT' },
  { name: 'VB-LoRA', names: /(^|\.)vblora_/, tool: 'PEFT' },
  { name: 'RandLoRA', names: /(^|\.)randlora_/, tool: 'PEFT' },
  { name: 'LoRA', names: /(^|\.)lora_(embedding_)?[AB](\.|$)/, tool: 'PEFT' },
  {
    name: 'LoRA',
    names: /^lora_(unet|te\d?|transformer|prior|dit|llm)\w*\.lora_(down|up|mid)\b/,
    tool: 'kohya',
  },
  { name: 'LoRA', names: /\.lora_linear_layer\.(down|up)\.|[._]lora\d*\.(down|up)\./, tool: 'diffusers' },
  { name: 'LoRA', names: /\.lora_(down|up|mid)(\.|$)/ },
  { name: 'LoHa', names: /\.hada_(w[12]_[ab]|t[12])(\.|$)/ },
  { name: 'LoKr', names: /\.lokr_(w[12](_[ab])?|t2)(\.|$)/ },
  { name: '(IA)³', names: /\.ia3_l(\.|$)/, tool: 'PEFT' },
  { name: 'BOFT', names: /\.boft_[Rs](\.|$)/, tool: 'PEFT' },
  { name: 'OFT', names: /\.oft_([Rrs]|blocks|diag)(\.|$)/ },
  { name: 'FourierFT', names: /\.fourierft_spectrum(\.|$)/, tool: 'PEFT' },
  { name: 'HRA', names: /\.hra_u(\.|$)/, tool: 'PEFT' },
  { name: 'Bone', names: /\.(bone|miss)_block(\.|$)/, tool: 'PEFT' },
  { name: 'C3A', names: /\.c3a_kernel(\.|$)/, tool: 'PEFT' },
  { name: 'SHiRA', names: /\.shira_weight(\.|$)/, tool: 'PEFT' },
  { name: 'RoAd', names: /\.road_(theta|alpha)(\.|$)/, tool: 'PEFT' },
  { name: 'trainable-token', names: /(^|\.)trainable_tokens_(delta|original)(\.|$)/, tool: 'PEFT' },
  { name: 'LLaMA-Adapter', names: /\.adaption_(prompt|gate)$/, tool: 'PEFT', prompts: true },
  {
    name: 'prompt-tuning',
    names: /^(base_model\.)?(prompt_encoder\.\w+\.)?prompt_embeddings$/,
    tool: 'PEFT',
    prompts: true,
  },
];

/** Any of them: a model has many names, and most have no adapter. */
const ANY = new RegExp(KINDS.map(({ names }) => names.source).join('|'));

/** What goes with an adapter's tensors, whatever its kind. */
const COMPANION = /\.(alpha|dora_scale|ranknum)(\.|$)/;

/** `peft_type` of adapter_config.json where tensors have the names of ordinary ones. */
const MAX_CONFIG_BYTES = 1 << 20;

/**
 * The adapter among tensors; undefined: there is none.
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
  const ranks = [...tensors].flatMap(([name, { shape }]) => rankOf(name, shape));
  return {
    what: `${article(kind.name)} adapter${inBrackets(kind.tool, describeRanks(ranks))}`,
    remedy: kind.prompts
      ? 'prompts are no change of weights that could be merged'
      : 'merge it into its base model first',
    inside: others.length > names.length / 2 || hasOwnWeights(tensors),
  };
}

/** What a checkpoint's file is by its name and by the adapter_config.json beside it, where its tensors do not tell. */
export async function configuredAdapter(file: string): Promise<AdapterFinding | undefined> {
  if (!/^adapter_model\b/.test(basename(file))) return undefined;
  const config = await readJson(join(dirname(file), 'adapter_config.json'), MAX_CONFIG_BYTES).catch(
    () => undefined,
  );
  const type = (config as { peft_type?: unknown } | undefined)?.peft_type;
  const name = typeof type === 'string' && /^[\w-]{1,30}$/.test(type) ? type : 'PEFT';
  return { what: `${article(name)} adapter`, remedy: 'merge it into its base model first', inside: false };
}

/** Whether the weight that an adapter's tensor changes lies beside it. */
function hasOwnWeights(tensors: ReadonlyMap<string, unknown>): boolean {
  for (const name of tensors.keys()) {
    if (/\.base_layer\.(weight|bias)$|\.parametrizations\.\w+\.original$/.test(name)) return true;
    const module =
      /^(.+?)[._](lora_(embedding_)?[AB]|lora_down|lora\.down|hada_w1_a|lokr_w1|ia3_l|oft_R|boft_R)\b/.exec(
        name,
      )?.[1];
    if (module !== undefined && tensors.has(`${module}.weight`)) return true;
  }
  return false;
}

/** The rank that a tensor of a LoRA tells. */
function rankOf(name: string, shape: readonly number[]): number[] {
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

/** By sound: "an (IA)³", "an OFT", "an HRA", "an LN_TUNING"; "a" before all others. */
const article = (name: string): string =>
  `${/^(\(IA|IA3|ADA|OFT|HRA|LN|X)/i.test(name) ? 'an' : 'a'} ${name}`;
