/** What a chart can be taken away as: a picture, a drawing, or its numbers. */
import type { ExportHost } from '../../extension/protocol.ts';
import { csv } from '../../extension/shared/csv.ts';
import { createMenuButton, type MenuItem } from './menuButton.ts';
import { errorMessage } from './rpc.ts';
import { token } from './theme.ts';

/** Where exports go, and where it is said that one failed. */
export interface ChartExports {
  readonly host: ExportHost;
  readonly onError: (message: string) => void;
}

/** What there is to export; made when it is asked for. */
export interface Exportable {
  readonly title: string;
  readonly canvas: () => HTMLCanvasElement | undefined;
  readonly svg: () => string | undefined;
  readonly table: () => {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
  };
}

/** A menu with the ways that a chart can be saved and copied. */
export function exportMenu({ host, onError }: ChartExports, source: Exportable): HTMLElement {
  const { title } = source;
  const name = (kind: string) => `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.${kind}`;
  const run = (work: () => Promise<unknown>) => () => {
    work().catch((error: unknown) => onError(`${title} was not exported. ${errorMessage(error)}`));
  };
  const table = () => {
    const { columns, rows } = source.table();
    return csv([columns, ...rows]);
  };
  const item = (label: string, work: () => Promise<unknown>): MenuItem => ({ label, onClick: run(work) });
  return createMenuButton({
    icon: 'export',
    label: `Export ${title.toLowerCase()}`,
    items: () => {
      const canvas = source.canvas();
      const svg = source.svg();
      return [
        ...(canvas
          ? [
              item('Save as PNG', async () =>
                host.saveFile({ name: name('png'), kind: 'png', data: await base64Of(await pngOf(canvas)) }),
              ),
              item('Copy picture', async () =>
                navigator.clipboard.write([new ClipboardItem({ 'image/png': pngOf(canvas) })]),
              ),
            ]
          : []),
        ...(svg === undefined
          ? []
          : [item('Save as SVG', async () => host.saveFile({ name: name('svg'), kind: 'svg', data: svg }))]),
        item('Save table as CSV', async () =>
          host.saveFile({ name: name('csv'), kind: 'csv', data: table() }),
        ),
        item('Copy table as CSV', async () => navigator.clipboard.writeText(table())),
      ];
    },
  });
}

/** A canvas as a PNG on the editor's ground: by itself, light text on nothing cannot be read everywhere. */
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
    copy.toBlob(blob => (blob ? resolve(blob) : reject(new Error('The picture is too large.'))), 'image/png');
  });
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
