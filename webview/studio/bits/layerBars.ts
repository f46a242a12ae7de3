import * as l10n from '@vscode/l10n';
import type { TensorKind } from '../../../extension/protocol/tvq.ts';
import { Figure } from '../../common/figure.ts';
import { formatBytes } from '../../common/format.ts';
import { tableState, type LegendEntry } from '../../common/chartFrame.ts';
import type { Drawing, Mark } from '../../common/drawing.ts';
import type { StudioContext } from '../context.ts';
import { layerName } from '../../../extension/shared/layerName.ts';
import { KINDS } from '../../common/kinds.ts';
import { slotsByTensor, totalsBy } from '../model/cells.ts';
import type { StudioModel } from '../model/studioModel.ts';

const HEIGHT = 220;
const LEFT = 56;
const RIGHT = 4;
const TOP = 16;
const BOTTOM = 34;
const QUIET = '--vscode-descriptionForeground';
/** Stands in for the layer of tensors outside all layers. */
const OUTSIDE = 'outside';

interface Bar {
  readonly layer: string;
  readonly parts: readonly { readonly kind: TensorKind; readonly bytes: number }[];
  readonly bytes: number;
}

/** Bytes by layer, stacked by kind of tensor. */
export class LayerBars {
  readonly #figure: Figure;
  readonly #model: () => StudioModel;
  #legend: readonly LegendEntry[] = [];
  /** The axis stays while the dot is dragged to the left; otherwise every bar would seem to stay the same. */
  #most = 0;

  constructor(context: StudioContext, model: () => StudioModel) {
    this.#model = model;
    this.#figure = new Figure({
      ...tableState(context.state, 'bytes-by-layer', l10n.t('Bytes by layer')),
      exports: context,
    });
  }

  get element(): HTMLElement {
    return this.#figure.element;
  }

  show(wishes: boolean): void {
    const bars = barsOf(this.#model());
    const highest = Math.max(...bars.map(({ bytes }) => bytes), 1);
    if (highest > this.#most || highest < this.#most / 4) this.#most = 1.25 * highest;
    if (wishes || this.#legend.length === 0) {
      const kinds = new Set(bars.flatMap(({ parts }) => parts.map(({ kind }) => kind)));
      this.#legend = [...kinds].map(kind => KINDS[kind]);
    }
    const most = this.#most;
    this.#figure.show({
      summary:
        bars.length === 1
          ? l10n.t('Bytes by layer: 1 layer, which has {0}', formatBytes(highest))
          : l10n.t('Bytes by layer: {0} layers, the largest has {1}', bars.length, formatBytes(highest)),
      legend: this.#legend,
      draw: width => drawingOf(bars, most, width),
      table: () => ({
        columns: [l10n.t('layer'), l10n.t('kind'), l10n.t('bytes')],
        rows: bars.flatMap(({ layer, parts }) =>
          parts.map(({ kind, bytes }) => [layerText(layer), KINDS[kind].label, formatBytes(bytes)]),
        ),
      }),
    });
  }
}

const layerText = (layer: string): string => (layer === OUTSIDE ? l10n.t('rest') : layer);

/** Tensors outside the layers come first, as they usually do in a model. */
function barsOf({ allocation, spent, sensitivity }: StudioModel): Bar[] {
  const { tensors } = allocation.table;
  const layers = tensors.flatMap(({ layer }) => layer ?? []);
  const stacks = [...new Set(layers.map(({ stack }) => stack))].sort();
  const ordered = [...layers].sort(
    (a, b) => stacks.indexOf(a.stack) - stacks.indexOf(b.stack) || a.number - b.number,
  );
  const names = [OUTSIDE, ...new Set(ordered.map(layer => layerName(layer, stacks.length)))];
  const layerOf = (tensor: number) => {
    const layer = tensors[tensor]?.layer;
    return layer ? layerName(layer, stacks.length) : OUTSIDE;
  };
  const nameOf = (tensor: number) => `${tensors[tensor]?.kind}/${layerOf(tensor)}`;
  const totals = totalsBy(allocation, slotsByTensor(allocation, undefined), spent, sensitivity, nameOf);
  const bars = new Map<string, { kind: TensorKind; bytes: number }[]>();
  for (const { name, bytes } of totals) {
    const kind = name.slice(0, name.indexOf('/')) as TensorKind;
    const layer = name.slice(kind.length + 1);
    bars.set(layer, [...(bars.get(layer) ?? []), { kind, bytes }]);
  }
  const order = new Map(names.map((name, i) => [name, i]));
  return [...bars]
    .sort(([a], [b]) => (order.get(a) as number) - (order.get(b) as number))
    .map(([layer, parts]) => ({ layer, parts, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) }));
}

function drawingOf(bars: readonly Bar[], most: number, width: number): Drawing {
  const bottom = HEIGHT - BOTTOM;
  const height = bottom - TOP;
  const pitch = (width - LEFT - RIGHT) / Math.max(bars.length, 1);
  const thickness = Math.max(1, Math.min(pitch - 2, 28));
  const marks: Mark[] = [];
  for (const part of [0, 0.5, 1]) {
    const y = bottom - part * height;
    const points = [
      [LEFT, y],
      [width - RIGHT, y],
    ] as const;
    marks.push({
      kind: 'line',
      points,
      stroke: '--vscode-charts-lines',
      width: 1,
      dash: part > 0 ? [3, 3] : [],
    });
    if (part > 0)
      marks.push({
        kind: 'text',
        x: LEFT - 8,
        y,
        text: formatBytes(part * most),
        align: 'end',
        fill: QUIET,
      });
  }
  const every = Math.ceil(28 / pitch);
  for (const [at, { layer, parts }] of bars.entries()) {
    const x = LEFT + (at + 0.5) * pitch;
    let y = bottom;
    for (const { kind, bytes } of parts) {
      const length = Math.min((bytes / most) * height, y - TOP);
      y -= length;
      const { style } = KINDS[kind];
      marks.push({ kind: 'rect', x: x - thickness / 2, y, width: thickness, height: length, fill: style });
    }
    if (at % every === 0)
      marks.push({
        kind: 'text',
        x,
        y: bottom + 12,
        text: layerText(layer),
        align: 'middle',
        fill: QUIET,
      });
  }
  marks.push({
    kind: 'text',
    x: width - RIGHT,
    y: HEIGHT - 8,
    text: l10n.t('layer'),
    align: 'end',
    fill: QUIET,
  });
  return { width, height: HEIGHT, marks };
}
