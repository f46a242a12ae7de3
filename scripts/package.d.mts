/** Packages dist/ unchanged for `target` (`linux-x64`, …, `universal`), and writes the package to `out`. */
export function packageExtension(target: string, out: string): Promise<void>;
