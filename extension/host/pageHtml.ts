/** The skeleton of our pages. Nothing from a file goes in here: a tensor's name could close a tag. */
import { randomBytes } from 'node:crypto';
import { env, l10n, Uri, type Webview } from 'vscode';

/**
 * Fills a webview with a built page, under a policy that lets only that page's script run.
 * @param page the page's name: `dist/<page>.js` and `dist/<page>.css`
 */
export function showPage(webview: Webview, extensionUri: Uri, page: string): void {
  const dist = Uri.joinPath(extensionUri, 'dist');
  webview.options = { enableScripts: true, localResourceRoots: [dist] };
  webview.html = pageHtml(webview, dist, page);
}

function pageHtml(webview: Webview, dist: Uri, page: string): string {
  const nonce = randomBytes(16).toString('base64');
  const url = (name: string) => webview.asWebviewUri(Uri.joinPath(dist, name)).toString();
  const { cspSource } = webview;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
    `img-src ${cspSource}`,
  ].join('; ');
  const { bundle } = l10n;
  // The UI toolkit looks for the csp-nonce property to mark the only style element that it adds.
  return `<!DOCTYPE html>
<html lang="${bundle ? env.language : 'en'}">
<head>
  <meta charset="UTF-8">
  <meta name="viewport" content="width=device-width, initial-scale=1.0">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta property="csp-nonce" content="${nonce}">
  <link rel="stylesheet" href="${url('codicon.css')}" id="vscode-codicon-stylesheet">
  <link rel="stylesheet" href="${url(`${page}.css`)}">
  <title>TVQ Studio</title>
</head>
<body>
  <div id="app"></div>${bundle ? translations(bundle) : ''}
  <script nonce="${nonce}" src="${url(`${page}.js`)}"></script>
</body>
</html>`;
}

/** What webview/common/l10n.ts reads. It is data, which the policy allows and browsers do not run. */
const translations = (bundle: object): string =>
  `\n  <script type="application/json" id="l10n">${JSON.stringify(bundle).replaceAll('<', '\\u003c')}</script>`;
