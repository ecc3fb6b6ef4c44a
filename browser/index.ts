/** Everything that a page can import, as one module: the public API, the gradient checker and the backends. */
export * from '../backends/index.ts'
export * from '../src/check/index.ts'
export * from '../src/index.ts'
