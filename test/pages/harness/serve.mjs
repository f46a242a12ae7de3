/**
 * The inspector in a plain browser, without VS Code: `node test/pages/harness/serve.mjs`, then open the
 * address it prints with ?theme=light|dark|contrast&rows=5000&scenario=ready|refused|silent|flaky&language=pseudo.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { messagesIn } from '../../../scripts/messages.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CODICONS = `${ROOT}node_modules/@vscode/codicons/dist/`;

/** VS Code's own style sheet for webviews, in a layer that any rule of a page overrides. */
const VSCODE_DEFAULTS = `@layer vscode-default {
  html { scrollbar-color: var(--vscode-scrollbarSlider-background) var(--vscode-editor-background); }
  body { margin: 0; padding: 0 20px; background: transparent; color: var(--vscode-editor-foreground);
    font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); }
}
html { background: var(--vscode-editor-background); }`;

const policy = nonce =>
  `default-src 'none'; style-src 'self' 'nonce-${nonce}'; font-src 'self'; script-src 'nonce-${nonce}'`;

const html = (nonce, translations) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta property="csp-nonce" content="${nonce}">
<title>page</title>
<link rel="stylesheet" href="/defaults.css">
<link rel="stylesheet" href="/codicon.css">
<link rel="stylesheet" href="/main.css">
</head>
<body>
<div id="app"></div>${translations ? `<script type="application/json" id="l10n">${translations}</script>` : ''}
<script nonce="${nonce}" src="/page.js"></script>
<script nonce="${nonce}" src="/main.js"></script>
</body>
</html>`;

/** Every text of the sources in a pseudo language: in brackets, which no other text has. */
async function pseudoTranslations(sources) {
  const texts = sources.map(async file => messagesIn(file, await readFile(ROOT + file, 'utf8')));
  const entries = (await Promise.all(texts)).flat().map(text => [text, `⟦${text}⟧`]);
  return JSON.stringify(Object.fromEntries(entries)).replaceAll('<', '\\u003c');
}

const TYPES = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };

/** Bundles a page and the mock of its host as scripts/build.mjs does, and serves it under a content security policy as strict as the host's. */
export async function serve({
  main = 'webview/inspector/main.ts',
  page = 'test/pages/harness/page.ts',
} = {}) {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: { main, page },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    outdir: 'dist',
    write: false,
    minify: true,
    metafile: true,
    logLevel: 'warning',
  });
  const files = new Map(outputFiles.map(file => [file.path.replace(/^.*[\\/]/, '/'), file.contents]));
  files.set('/defaults.css', VSCODE_DEFAULTS);
  for (const name of ['codicon.css', 'codicon.ttf']) files.set(`/${name}`, await readFile(CODICONS + name));

  const sources = Object.keys(metafile.inputs).filter(file => /^(extension|webview)\/.*\.ts$/.test(file));
  const pseudo = await pseudoTranslations(sources);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const body = files.get(pathname);
    if (body !== undefined) {
      response.setHeader('content-type', TYPES[pathname.split('.').pop()]);
      // The browser keeps a script compiled as long as it does not ask for it again.
      response.setHeader('cache-control', 'max-age=3600');
      return response.end(body);
    }
    if (pathname !== '/') return response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    const nonce = randomBytes(16).toString('base64');
    response.setHeader('content-security-policy', policy(nonce));
    response.setHeader('content-type', 'text/html');
    response.end(html(nonce, searchParams.get('language') === 'pseudo' ? pseudo : undefined));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => new Promise(resolve => server.close(resolve)),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await serve()).url);
