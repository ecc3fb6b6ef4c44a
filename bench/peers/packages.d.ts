/** The few parts of the peers' interfaces that the benchmarks use; the packages themselves may not be installed. */
declare module '@jax-js/jax' {
  export interface Array {
    readonly shape: number[]
    /** Another reference: functions consume their arguments. */
    readonly ref: Array
    readonly dispose: () => void
    readonly blockUntilReady: () => Promise<Array>
    readonly data: () => Promise<Float32Array>
    readonly add: (other: Array | number) => Array
    readonly sub: (other: Array | number) => Array
    readonly mul: (other: Array | number) => Array
    readonly reshape: (shape: readonly number[]) => Array
    readonly transpose: (axes?: readonly number[]) => Array
    readonly mean: () => Array
  }
  export function init(): Promise<string[]>
  export function defaultDevice(device: string): string
  export function jit<A extends unknown[], B>(f: (...args: A) => B): (...args: A) => B
  export function valueAndGrad<P, Rest extends unknown[]>(
    f: (params: P, ...rest: Rest) => Array,
  ): (params: P, ...rest: Rest) => [Array, P]
  export const numpy: {
    readonly array: (values: Float32Array, options: { readonly shape: number[] }) => Array
    readonly matmul: (a: Array, b: Array) => Array
    readonly swapaxes: (a: Array, i: number, j: number) => Array
    readonly split: (a: Array, sections: number, axis: number) => Array[]
    readonly square: (a: Array) => Array
  }
  export const nn: {
    readonly softmax: (a: Array, axis?: number) => Array
    readonly silu: (a: Array) => Array
    readonly gelu: (a: Array, options?: { readonly approximate?: boolean }) => Array
    readonly standardize: (a: Array, axis?: number, options?: { readonly epsilon?: number }) => Array
  }
}

declare module '@tensorflow/tfjs-core' {
  export interface Tensor {
    readonly shape: number[]
    readonly dispose: () => void
  }
  export function setBackend(name: string): Promise<boolean>
  export function randomNormal(shape: number[]): Tensor
  export function transpose(x: Tensor, axes: number[]): Tensor
  export function matMul(a: Tensor, b: Tensor): Tensor
  /** Frees what `act` allocated. */
  export function tidy(act: () => void): void
}

declare module '@tensorflow/tfjs-backend-wasm' {
  export function getThreadsCount(): number
}
