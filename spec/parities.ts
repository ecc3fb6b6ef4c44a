/** The cases that the PyTorch reference wrote (spec/fixtures), and which of them a backend is compared with. */
import type { BackendName } from '../backends/index.ts'

const denoisers = ['conditional', 'unconditional', 'wide-window', 'latent-sigma', 'latent-plain', 'latent-coarse']
export const autoencoders: readonly string[] = ['kl', 'kl-three-levels', 'kl-one-level']
const trajectory = 'trajectory'
const all = [...denoisers, ...autoencoders, trajectory]

/**
 * A processor that computes for `webgpu` compiles for minutes, so it has three cases, of both denoisers, and the trajectory; `gpu`
 * has all but the largest autoencoder.
 */
export const parities: Readonly<Record<BackendName, readonly string[]>> = {
  cpu: all,
  wasm: all,
  gpu: all.filter((name) => name !== 'kl-three-levels'),
  webgpu: ['conditional', 'latent-sigma', 'latent-plain', trajectory],
}

export const fixture = (name: string): string => new URL(`fixtures/${name}.safetensors`, import.meta.url).pathname
