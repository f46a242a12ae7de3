/** What the kernels use of WebAssembly: TypeScript declares it for pages only, and the kernels run without one. */
declare namespace WebAssembly {
  class Module {
    private readonly brand: never;
  }
  class Memory {
    constructor(size: { initial: number; maximum: number });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
}
