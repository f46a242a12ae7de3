export interface BrowserFound {
  readonly chromium: string | undefined;
  /** The manifest of Chromium's software Vulkan driver. */
  readonly driver: string | undefined;
  /** Vulkan's loader. */
  readonly loader: string | undefined;
}

export interface CodeServer {
  readonly node: string;
  readonly entry: string;
}

export function findBrowser(): Promise<BrowserFound>;
export function findCodeServer(): Promise<CodeServer | undefined>;
/** A Python that has numpy. */
export function findPython(): string | undefined;
