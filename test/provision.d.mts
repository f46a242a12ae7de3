/** What the tests need beside npm packages; what could not be had is undefined and has a line in `missing`. */
export interface Provisions {
  readonly chromium: string | undefined;
  /** Makes WebGPU use the software driver. */
  readonly vulkanEnv: Readonly<Record<string, string>>;
  readonly codeServer: { readonly node: string; readonly entry: string } | undefined;
  readonly missing: readonly string[];
}

export function provision(): Promise<Provisions>;
