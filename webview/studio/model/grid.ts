/** A transformer the way people think of it: roles of tensors by layer. */
import type { AnalysisTable, Layer } from '../../../extension/protocol/analysis.ts';
import type { TensorKind } from '../../../extension/protocol/tvq.ts';

/** Tensors with the same name except for the layer number. */
export interface Role {
  /** The name without the part common to all roles: `attn.q_proj`. */
  readonly label: string;
  readonly kind: TensorKind;
  /** A pattern for all of them. */
  readonly pattern: string;
  /** By column of the grid: a tensor's index; −1 where there is none. */
  readonly tensors: Int32Array;
}

export interface Grid {
  readonly roles: readonly Role[];
  /** Layers that have tensors; `undefined` comes first, for what is outside the layers. */
  readonly layers: readonly (number | undefined)[];
  /** Patterns for a whole column. */
  readonly patterns: readonly (readonly string[])[];
}

/** If there are more names outside the layers, the table shows them better. */
const MOST_OUTSIDE = 12;

const SUFFIX = '.weight';

/** undefined for models without layers in their names: a table shows those better. */
export function gridOf({ tensors }: AnalysisTable): Grid | undefined {
  const numbers = [...new Set(tensors.flatMap(({ layer }) => layer?.number ?? []))].sort((a, b) => a - b);
  if (numbers.length < 2) return undefined;
  const outside = tensors.flatMap(({ layer }, tensor) => (layer === undefined ? tensor : []));
  const shown = outside.length <= MOST_OUTSIDE ? outside : [];
  const layers = [...(shown.length > 0 ? [undefined] : []), ...numbers];
  const columnOf = new Map(layers.map((layer, column) => [layer, column]));
  const found = new Map<string, { readonly kind: TensorKind; readonly tensors: Int32Array }>();
  const stems = layers.map(() => new Set<string>());
  for (const [tensor, { name, layer, kind }] of tensors.entries()) {
    const column = columnOf.get(layer?.number);
    if (column === undefined) continue;
    const at = layer === undefined ? undefined : splitAt(name, layer);
    const pattern = at ? `${at.before}*${at.after}` : name;
    const role = found.get(pattern) ?? { kind, tensors: new Int32Array(layers.length).fill(-1) };
    found.set(pattern, role);
    role.tensors[column] = tensor;
    stems[column]?.add(layer ? `${at?.before}${layer.number}.*` : name);
  }
  const prefix = commonPrefix([...found.keys()].filter(pattern => pattern.includes('*')));
  const roles = [...found].map(([pattern, role]) => ({ ...role, pattern, label: labelOf(pattern, prefix) }));
  return { roles: [...inLayers(roles), ...beside(roles)], layers, patterns: stems.map(stem => [...stem]) };
}

const isInLayers = ({ pattern }: Role): boolean => pattern.includes('*');
const inLayers = (roles: readonly Role[]): Role[] => roles.filter(isInLayers);
const beside = (roles: readonly Role[]): Role[] => roles.filter(role => !isInLayers(role));

/** The parts before and after the layer number, which may have leading zeros. */
function splitAt(name: string, { stack }: Layer): { readonly before: string; readonly after: string } {
  const before = stack === '' ? '' : `${stack}.`;
  return { before, after: name.slice(name.indexOf('.', before.length)) };
}

function labelOf(pattern: string, prefix: string): string {
  const label = pattern.startsWith(prefix) ? pattern.slice(prefix.length) : pattern;
  return label.endsWith(SUFFIX) && label.length > SUFFIX.length ? label.slice(0, -SUFFIX.length) : label;
}

/** At most up to the layer number: what comes after it distinguishes roles. */
function commonPrefix(patterns: readonly string[]): string {
  const [first = ''] = patterns;
  const prefix = first.slice(0, first.indexOf('*') + 2);
  return patterns.every(pattern => pattern.startsWith(prefix)) ? prefix : '';
}
