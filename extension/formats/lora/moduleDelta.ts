/** What one module's tensors of an adapter come to: a matrix, and what it is multiplied by. */
import { UserError } from '../../shared/errors.ts';
import { isQuantizable } from '../dtype.ts';
import { shapeText } from '../listed.ts';
import type { TensorSource } from '../tensorSource.ts';
import type { AdapterConfig } from './adapterConfig.ts';
import {
  coreOf,
  hadamardOf,
  kroneckerOf,
  productOf,
  stored,
  type Delta,
  type MatrixSource,
  type ReplacedRows,
} from './deltaSource.ts';
import type { AdapterModule, Role } from './modules.ts';

export interface ModuleDelta {
  readonly module: string;
  /** undefined: the module's weights stay. */
  readonly weight: Omit<Delta, 'firstRow'> | undefined;
  readonly bias: Omit<Delta, 'firstRow'> | undefined;
  readonly magnitude: TensorSource | undefined;
  readonly tokens: ReplacedRows | undefined;
}

/** @throws UserError naming a module whose tensors do not fit together */
export function moduleDelta(
  { name, tensors }: AdapterModule,
  config: AdapterConfig | undefined,
): ModuleDelta {
  const file = [...tensors.values()][0]?.file ?? '';
  const wrong = [...tensors.values()].find(({ dtype }) => !isQuantizable(dtype));
  if (wrong) throw new UserError(`${file}: tensor "${wrong.name}" is ${wrong.dtype}; floats were expected`);
  try {
    const found = changeOf(tensors, config?.turned ?? false);
    const alpha = tensors.get('alpha');
    // kohya: without an alpha, it is the rank. LyCORIS: a LoKr of two whole factors has no rank.
    const strength = (rank: number | undefined) => {
      if (config) return { scale: config.scaleOf(name, rank), alpha: undefined };
      return rank === undefined || !alpha ? { scale: 1, alpha: undefined } : { scale: 1 / rank, alpha };
    };
    const [upBias, diffBias] = [tensors.get('up bias'), tensors.get('diff bias')];
    const tokens = tokensOf(tensors.get('tokens'), name, config);
    if (!found && !diffBias && !tokens)
      throw new UserError(
        `${file}: of "${name}" there is only ${[...tensors.keys()].join(' and ')}; was the file cut, or is it a part of an adapter?`,
      );
    const plain = { scale: 1, alpha: undefined };
    return {
      module: name,
      weight: found && { matrix: found.matrix, ...(found.isDiff ? plain : strength(found.rank)) },
      bias: diffBias
        ? { matrix: stored(diffBias), ...plain }
        : upBias && { matrix: stored(upBias), ...strength(found?.rank) },
      magnitude: tensors.get('magnitude'),
      tokens,
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const shapes = [...tensors].map(([role, { shape }]) => `${role} ${shapeText(shape)}`).join(', ');
    throw new UserError(`${file}: the factors of "${name}" do not fit together: ${shapes}`);
  }
}

/** PEFT's trainable tokens are new rows, whatever their name says. */
function tokensOf(
  source: TensorSource | undefined,
  module: string,
  config: AdapterConfig | undefined,
): ReplacedRows | undefined {
  if (!source) return undefined;
  const indices = config?.tokensOf(module) ?? [];
  if (indices.length === source.shape[0]) return { source, indices };
  throw new UserError(
    `${source.file}: tensor "${source.name}" has ${source.shape[0]} tokens; its adapter_config.json names ${indices.length}`,
  );
}

interface Change {
  readonly matrix: MatrixSource;
  /** undefined: whole factors have none. */
  readonly rank: number | undefined;
  readonly isDiff: boolean;
}

/** @param turned whether the weights are stored as inputs × outputs */
function changeOf(tensors: AdapterModule['tensors'], turned: boolean): Change | undefined {
  const has = (...roles: readonly Role[]): TensorSource[] | undefined => {
    const found = roles.flatMap(role => tensors.get(role) ?? []);
    return found.length === roles.length ? found : undefined;
  };
  const low = (left: MatrixSource, right: MatrixSource): Change => ({
    matrix: productOf(left, right),
    rank: right.rows,
    isDiff: false,
  });
  const [down, up] = (has('down', 'up') ?? []) as [TensorSource?, TensorSource?];
  const mid = tensors.get('mid');
  if (down && up && mid) return { ...low(stored(up), coreOf(mid, stored(down))), rank: down.shape[0] };
  if (down && up) return turned ? low(stored(down, true), stored(up, true)) : low(stored(up), stored(down));
  const [a, b] = (has('embedding down', 'embedding up') ?? has('down transposed', 'up transposed') ?? []) as [
    TensorSource?,
    TensorSource?,
  ];
  // An embedding's rows are its inputs: (BA)ᵀ = AᵀBᵀ. mlx-lm stores both factors transposed: BᵀᵀAᵀᵀ.
  if (a && b)
    return tensors.has('embedding down')
      ? low(stored(a, true), stored(b, true))
      : low(stored(b, true), stored(a, true));
  const diff = tensors.get('diff');
  if (diff) return { matrix: stored(diff), rank: undefined, isDiff: true };
  return lycoris(tensors);
}

/** LoHa (arXiv 2108.06098): (w1a·w1b) ∘ (w2a·w2b). LoKr (arXiv 2309.14859): w1 ⊗ w2, either of them a product. */
function lycoris(tensors: AdapterModule['tensors']): Change | undefined {
  const at = (role: Role) => tensors.get(role);
  const factor = (whole: Role, a: Role, b: Role, t?: Role): MatrixSource | undefined => {
    const [first, second, core] = [at(a), at(b), t && at(t)];
    if (first && second) {
      // Tucker's form: w[p, (r, k)] = Σ_i a[i, p] Σ_j t[i, j, k] b[j, r].
      return core
        ? productOf(stored(first, true), coreOf(core, stored(second)))
        : productOf(stored(first), stored(second));
    }
    const found = at(whole);
    return found && stored(found);
  };
  const hada = ([1, 2] as const).map(i =>
    factor(`hada_w${i}_a`, `hada_w${i}_a`, `hada_w${i}_b`, `hada_t${i}`),
  );
  if (at('hada_w1_b') && hada[0] && hada[1])
    return { matrix: hadamardOf(hada[0], hada[1]), rank: at('hada_w1_b')?.shape[0], isDiff: false };
  const w1 = factor('lokr_w1', 'lokr_w1_a', 'lokr_w1_b');
  const w2 = factor('lokr_w2', 'lokr_w2_a', 'lokr_w2_b', 'lokr_t2');
  if (!w1 || !w2) return undefined;
  const rank = at('lokr_w2_b')?.shape[0] ?? at('lokr_w1_b')?.shape[0];
  return { matrix: kroneckerOf(w1, w2), rank, isDiff: false };
}
