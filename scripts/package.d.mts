/** Writes dist/, as it is, as the package for `target` (`linux-x64`, …, `universal`) to `out`. */
export function packageExtension(target: string, out: string): Promise<void>;
