/** Patterns as in the `files.exclude` setting: `**`, `*`, `?`, `{a,b}` and `[a-z]`. */
const PARTS = /\*\*\/|\*\*|\*|\?|\{|\}|,|\[!?[^\]]*\]|[^*?{},[]+|\[/g;

/** Whether a path with slashes matches; an invalid pattern matches nothing. */
export function globMatcher(pattern: string): (path: string) => boolean {
  let depth = 0;
  const source = Array.from(pattern.matchAll(PARTS), ([part]) => {
    if (part === '{') depth++;
    if (part === '}') depth--;
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part === '{') return '(?:';
    if (part === '}') return ')';
    if (part === ',' && depth > 0) return '|';
    if (/^\[.+\]$/.test(part)) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }).join('');
  try {
    const expression = new RegExp(`^${source}$`);
    return path => expression.test(path);
  } catch {
    return () => false;
  }
}
