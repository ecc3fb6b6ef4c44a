/** The few parts of the WebAssembly interface that this backend uses; the compiler's DOM library is not loaded. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: boolean })
    readonly buffer: ArrayBuffer | SharedArrayBuffer
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>)
    readonly exports: Readonly<Record<string, unknown>>
  }
  function instantiate(module: Module): Promise<Instance>
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean
}
