/** An adapter's tensors, sorted by the modules that they change. */
import { UserError } from '../../shared/errors.ts';
import type { TensorSource } from '../tensorSource.ts';

/** What a tensor is for its module, in the words of LyCORIS where tools differ. */
export type Role =
  | 'down'
  | 'up'
  | 'mid'
  | 'down transposed'
  | 'up transposed'
  | 'embedding down'
  | 'embedding up'
  | 'up bias'
  | 'magnitude'
  | 'tokens'
  | 'alpha'
  | 'diff'
  | 'diff bias'
  | `hada_${'w1_a' | 'w1_b' | 'w2_a' | 'w2_b' | 't1' | 't2'}`
  | `lokr_${'w1' | 'w1_a' | 'w1_b' | 'w2' | 'w2_a' | 'w2_b' | 't2'}`;

export interface AdapterModule {
  /** As the adapter names it, without PEFT's prefix. */
  readonly name: string;
  readonly tensors: ReadonlyMap<Role, TensorSource>;
}

export interface AdapterParts {
  readonly modules: readonly AdapterModule[];
  /** Tensors that replace the model's: modules that were trained and saved whole. */
  readonly whole: ReadonlyMap<string, TensorSource>;
}

/** In the names of PEFT (with or without the adapter's name), mlx-lm, kohya and LyCORIS, and old diffusers. */
const ROLES: readonly (readonly [ending: RegExp, role: Role | undefined])[] = [
  [/\.lora_A(\.[^.]+)?\.weight$/, 'down'],
  [/\.lora_B(\.[^.]+)?\.weight$/, 'up'],
  [/\.lora_B(\.[^.]+)?\.bias$/, 'up bias'],
  [/\.lora_embedding_A(\.[^.]+)?$/, 'embedding down'],
  [/\.lora_embedding_B(\.[^.]+)?$/, 'embedding up'],
  [/\.(lora_magnitude_vector(\.[^.]+)??(\.weight)?|dora_scale)$/, 'magnitude'],
  [/(\.token_adapter)?\.trainable_tokens_delta(\.[^.]+)?$/, 'tokens'],
  [/\.lora_a$/, 'down transposed'],
  [/\.lora_b$/, 'up transposed'],
  [/(\.lora_down|[._]lora\.down|\.lora_linear_layer\.down)\.weight$/, 'down'],
  [/(\.lora_up|[._]lora\.up|\.lora_linear_layer\.up)\.weight$/, 'up'],
  [/\.lora_mid\.weight$/, 'mid'],
  [/\.alpha$/, 'alpha'],
  [/\.(diff|w_norm)$/, 'diff'],
  [/\.(diff_b|b_norm)$/, 'diff bias'],
  [/\.(hada_(w[12]_[ab]|t[12])|lokr_(w[12](_[ab])?|t2))$/, undefined],
];

/** What PEFT puts in front of a model's own names. */
const PREFIX = /^base_model\.model\./;
/** What PEFT puts into the names of modules that were trained whole, and of biases beside an adapter's factors. */
const SAVED = /\.(modules_to_save(\.[^.]+)?|base_layer)(?=\.(weight|bias)$)/;
/** Old diffusers' names of an attention's projections. */
const PROCESSOR = /\.processor\.(to_\w+)$/;

/** @throws UserError naming a module that has a part twice */
export function adapterParts(tensors: ReadonlyMap<string, TensorSource>): AdapterParts {
  const modules = new Map<string, Map<Role, TensorSource>>();
  const whole = new Map<string, TensorSource>();
  for (const [key, source] of tensors) {
    const name = key.replace(PREFIX, '');
    const [ending, known] = ROLES.find(([pattern]) => pattern.test(name)) ?? [];
    if (!ending) {
      const own = name.replace(SAVED, '');
      whole.set(own, { ...source, name: own });
      continue;
    }
    const module = moduleOf(name.replace(ending, ''));
    const role = known ?? (ending.exec(name)?.[1] as Role);
    const parts = modules.get(module) ?? new Map<Role, TensorSource>();
    if (parts.has(role))
      throw new UserError(
        `${source.file}: "${parts.get(role)?.name}" and "${key}" change one module; keep the tensors of one adapter in the file`,
      );
    modules.set(module, parts.set(role, source));
  }
  return { modules: [...modules].map(([name, parts]) => ({ name, tensors: parts })), whole };
}

const moduleOf = (name: string): string =>
  name.replace(PROCESSOR, (_, layer: string) => (layer === 'to_out' ? '.to_out.0' : `.${layer}`));
