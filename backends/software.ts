/** Whether an adapter's name says that the processor computes: slow, for correctness only. */
export const isSoftware = (adapter: string): boolean =>
  /swiftshader|llvmpipe|softpipe|software|basic render/i.test(adapter)
