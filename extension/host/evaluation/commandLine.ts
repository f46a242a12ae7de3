/** Puts a model's path into the user's command. The command runs in a shell, so the path is quoted for it. */

const PLACEHOLDER = '${model}';

/** Characters that cmd.exe interprets even between quotes. */
const NOT_FOR_CMD = /["%!\r\n]/;

/** @throws if a path cannot be written in a way that cmd.exe leaves intact */
export function commandLine(
  template: string,
  model: string,
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === 'win32') return forCmd(template, model);
  return forPosix(template, model);
}

/** A path is quoted differently outside quotes, and between single or double quotes. */
function forPosix(template: string, model: string): string {
  let line = '';
  let quote = '';
  for (let at = 0; at < template.length; at++) {
    const character = template[at] ?? '';
    if (template.startsWith(PLACEHOLDER, at)) {
      line += quoted(model, quote);
      at += PLACEHOLDER.length - 1;
    } else if (character === '\\' && quote !== "'") {
      line += character + (template[++at] ?? '');
    } else {
      if (character === quote) quote = '';
      else if (quote === '' && (character === '"' || character === "'")) quote = character;
      line += character;
    }
  }
  return line;
}

function quoted(text: string, quote: string): string {
  if (quote === '"') return text.replace(/[\\"$`]/g, '\\$&');
  const inner = text.replaceAll("'", "'\\''");
  return quote === "'" ? inner : `'${inner}'`;
}

/** A placeholder that is already quoted gets no more quotes. */
function forCmd(template: string, model: string): string {
  if (NOT_FOR_CMD.test(model)) {
    throw new Error(
      `${model}: the path has a character that cmd.exe changes (", % or !). Rename the folder.`,
    );
  }
  let line = '';
  let open = false;
  for (const [index, part] of template.split(PLACEHOLDER).entries()) {
    if (index > 0) line += open ? model : `"${model}"`;
    line += part;
    if (part.split('"').length % 2 === 0) open = !open;
  }
  return line;
}
