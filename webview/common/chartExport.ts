/** Exports of a chart: a picture, a drawing, or its numbers. */
import * as l10n from '@vscode/l10n';
import type { ExportHost } from '../../extension/protocol/exports.ts';
import { tableCsv, tableFile, type ChartTable } from './chartTable.ts';
import { openMenu, type MenuEntry } from './popupMenu.ts';
import { errorMessage } from './rpc.ts';
import type { Notice } from './states.ts';
import { token } from './theme.ts';
import { createIconButton } from './ui/toolkit.ts';

/** Where exports go, and where failures are reported. */
export interface ChartExports {
  readonly host: ExportHost;
  readonly notice: Notice;
}

/** What to export; created on demand. */
export interface Exportable {
  /** The name of its files, without extensions. */
  readonly name: string;
  readonly title: string;
  readonly canvas: () => HTMLCanvasElement | undefined;
  readonly svg: () => string | undefined;
  readonly table: () => ChartTable;
}

/** A button with a menu of the ways to save and copy a chart. */
export function exportMenu({ host, notice }: ChartExports, source: Exportable): HTMLElement {
  const label = l10n.t('Export: {0}', source.title);
  const entry = (text: string, work: () => Promise<unknown>): MenuEntry => ({
    label: text,
    onPick: () => {
      work().catch((error: unknown) => {
        const message = l10n.t('{0} was not exported. {1}', source.title, errorMessage(error));
        notice.show(message, l10n.t('Dismiss'), () => undefined);
      });
    },
  });
  const { element } = createIconButton({
    icon: 'export',
    label,
    onClick: () => openMenu(label, element.getBoundingClientRect(), entriesOf(host, source, entry)),
  });
  element.setAttribute('aria-haspopup', 'menu');
  return element;
}

function entriesOf(
  host: ExportHost,
  source: Exportable,
  entry: (text: string, work: () => Promise<unknown>) => MenuEntry,
): MenuEntry[] {
  const canvas = source.canvas();
  const svg = source.svg();
  const { name } = source;
  return [
    ...(canvas
      ? [
          entry(l10n.t('Save as PNG'), async () =>
            host.saveFile({ name: `${name}.png`, kind: 'png', data: await base64Of(await pngOf(canvas)) }),
          ),
          entry(l10n.t('Copy picture'), async () =>
            navigator.clipboard.write([new ClipboardItem({ 'image/png': pngOf(canvas) })]),
          ),
        ]
      : []),
    ...(svg === undefined
      ? []
      : [
          entry(l10n.t('Save as SVG'), async () =>
            host.saveFile({ name: `${name}.svg`, kind: 'svg', data: svg }),
          ),
        ]),
    entry(l10n.t('Save table as CSV'), async () => host.saveFile(tableFile(name, source.table()))),
    entry(l10n.t('Copy table as CSV'), async () => navigator.clipboard.writeText(tableCsv(source.table()))),
  ];
}

/** A canvas as a PNG on the editor's background: light text on a transparent one would not be legible everywhere. */
function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext('2d');
  if (context) {
    context.fillStyle = token('--vscode-editor-background');
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
  }
  return new Promise((resolve, reject) => {
    copy.toBlob(
      blob => (blob ? resolve(blob) : reject(new Error(l10n.t('The picture is too large.')))),
      'image/png',
    );
  });
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
