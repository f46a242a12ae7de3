/** Text of unknown origin for places where VS Code would read some of it as markup. */
import { isolated, printable } from '../../shared/printable.ts';

const iconsEscaped = (text: string): string =>
  text.replace(/\$(?=\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\))/g, '\\$&');

const linksBroken = (text: string): string => text.replaceAll('](', ']\\(');

/** For labels that may have icons: `$(name)` is shown as written. */
export const withoutIcons = (text: string): string => isolated(iconsEscaped(printable(text)));

/** For notifications: `[words](target)` is not a link. There is no escape for it, so a backslash breaks it. */
export const withoutLinks = (text: string): string => isolated(linksBroken(printable(text)));

/** For the text below an input box, which may have both. */
export const withoutMarkup = (text: string): string => isolated(linksBroken(iconsEscaped(printable(text))));
