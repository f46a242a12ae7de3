/** The page's skeleton. Nothing of the file goes in here: a tensor's name could close a tag. */
import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';

/** @param dist where the built page lies */
export function inspectorHtml(webview: Webview, dist: Uri): string {
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
  // The UI toolkit looks for the csp-nonce property to mark the one style element that it adds.
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <meta name="viewport" content="width=device-width, initial-scale=1.0">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta property="csp-nonce" content="${nonce}">
  <link rel="stylesheet" href="${url('codicon.css')}" id="vscode-codicon-stylesheet">
  <link rel="stylesheet" href="${url('inspector.css')}">
  <title>TVQ Studio</title>
</head>
<body>
  <div id="app"></div>
  <script nonce="${nonce}" src="${url('inspector.js')}"></script>
</body>
</html>`;
}
