/** Text of unknown origin for places where VS Code would read some of it as markup. */
import { printable } from '../../shared/printable.ts';

/** For labels that may have icons: `$(name)` stays what it is written as. */
export const withoutIcons = (text: string): string =>
  printable(text).replace(/\$(?=\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\))/g, '\\$&');

/** For notifications: `[words](target)` is no link. There is no escape for it, so a backslash breaks it. */
export const withoutLinks = (text: string): string => printable(text).replaceAll('](', ']\\(');

/** For what stands below an input box, which may have both. */
export const withoutMarkup = (text: string): string => withoutLinks(withoutIcons(text));
