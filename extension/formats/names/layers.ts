/** How deep in a model a tensor is. */

import type { Layer } from '../../protocol/analysis.ts';

/** A number between dots, as in `model.layers.7.mlp…`, `h.7.…`, `resblocks.7.…`; longer numbers are not layers. */
const NUMBER = /(?:^|\.)(\d{1,6})(?=\.)/g;

/** A number in a name: the index of an element in a list of modules. */
interface Place {
  readonly list: string;
  readonly number: number;
  /** The rest of the name after the number. */
  readonly rest: string;
}

const placesOf = (tensor: string): Place[] =>
  [...tensor.matchAll(NUMBER)].map(({ 0: found, 1: digits, index }) => ({
    list: tensor.slice(0, index),
    number: Number(digits),
    rest: tensor.slice(index + found.length),
  }));

/** What is known about a list of modules. */
class List {
  readonly #numberOf = new Map<string, number>();
  readonly #numbers = new Set<number>();
  #alike = false;

  constructor(private readonly name: string) {}

  add({ number, rest }: Place): void {
    const known = this.#numberOf.get(rest);
    if (known === undefined) this.#numberOf.set(rest, number);
    else if (known !== number) this.#alike = true;
    this.#numbers.add(number);
  }

  /** Elements with a common tensor are layers, and so is a single element; a pipeline's parts are not. */
  get isStack(): boolean {
    return this.#alike || (this.#numbers.size === 1 && this.name !== '');
  }

  get count(): number {
    return [...this.#numbers].reduce((most, number) => Math.max(most, number + 1), 0);
  }
}

/**
 * The layer of each tensor of a model, from its tensors' names; those outside the layers (embeddings, final norm, head)
 * are left out. Of nested numbers (Swin's stages and blocks, a U-Net's, experts) the outermost one whose list is a
 * stack counts: not the `0` of `conditioner.embedders.0.transformer…layers.7…`, whose neighbour is built differently.
 * Tensors of one layer share one object.
 */
export function layersOf(tensors: Iterable<string>): ReadonlyMap<string, Layer> {
  const places = new Map([...tensors].map(tensor => [tensor, placesOf(tensor)] as const));
  const lists = new Map<string, List>();
  for (const place of [...places.values()].flat()) {
    const list = lists.get(place.list) ?? new List(place.list);
    lists.set(place.list, list);
    list.add(place);
  }
  const counts = new Map([...lists].flatMap(([name, list]) => (list.isStack ? [[name, list.count]] : [])));
  const layers = new Map<string, Layer>();
  return new Map(
    [...places].flatMap(([tensor, found]) => {
      const place = found.find(({ list }) => counts.has(list));
      if (!place) return [];
      const { list: stack, number } = place;
      const key = `${stack}.${number}`;
      const layer = layers.get(key) ?? { stack, number, count: counts.get(stack) as number };
      layers.set(key, layer);
      return [[tensor, layer] as const];
    }),
  );
}

/** Stacks by name, their layers by number; tensors outside the layers come last. */
export function byPlace(a: Layer | undefined, b: Layer | undefined): number {
  if (!a || !b) return Number(!a) - Number(!b);
  if (a.stack !== b.stack) return a.stack < b.stack ? -1 : 1;
  return a.number - b.number;
}

/** Depth from 0 (a stack's first layer) to 1 (its last); 1 for a single layer, 0 outside the layers, as in mergekit. */
export function depthOf(layer: Layer | undefined): number {
  if (!layer) return 0;
  return layer.count > 1 ? layer.number / (layer.count - 1) : 1;
}

/** Layers of a model's longest stack; 0 for a model without layers. */
export const layerCount = (tensors: Iterable<string>): number =>
  [...layersOf(tensors).values()].reduce((most, { count }) => Math.max(most, count), 0);
