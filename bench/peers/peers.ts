/**
 * The peers and what each supports; opened once per run. If one is not installed, a line says how to install it, and the
 * run continues without it.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { Contestant } from '../harness.ts'
import { libraries } from './libraries.ts'
import type { Library, Product } from './library.ts'
import { type TorchOperation, type TorchProcess, torchContestant, torchProcess } from './torch.ts'

export interface Peers {
  readonly product: (product: Product, times: number) => readonly Contestant[]
  /** Operations that only PyTorch has a counterpart for. */
  readonly operation: (operation: TorchOperation, times: number) => readonly Contestant[]
  /** A training step of a configuration of the reference. */
  readonly trainingStep: (config: unknown, batch: number) => readonly Contestant[]
  /** An operation of PyTorch on each of so many threads, each in a process of its own. */
  readonly alone: (operation: TorchOperation, threads: readonly number[]) => readonly Contestant[]
  readonly close: () => Promise<void>
}

export const noPeers: Peers = {
  product: () => [],
  operation: () => [],
  trainingStep: () => [],
  alone: () => [],
  close: async () => {},
}

/** Channels last or not: PyTorch's best is the best of both, on one thread and on two. */
const formats = [false, true]

export const openPeers = async (say: (text: string) => void): Promise<Peers> => {
  const [one, two] = [torchProcess(1), torchProcess(2)]
  const shared: readonly TorchProcess[] = [one, two]
  const version = await one.describe()
  const torch = E.isRight(version)
  say(
    torch
      ? version.right
      : `PyTorch is left out: ${version.left} (Debian: apt-get install python3-torch libopenblas0-openmp)`,
  )
  const found: readonly Library[] = await libraries(say)
  const operation = (work: TorchOperation, times: number): readonly Contestant[] =>
    torch ? shared.map((process) => torchContestant(process, work, times)) : []
  return {
    operation,
    product: (product, times) => [
      ...operation({ kind: 'product', ...product }, times),
      ...found.flatMap((library) => library.product(product, times)),
    ],
    trainingStep: (config, batch) => [
      // a process each, because peak memory is measured too
      ...(torch
        ? shared.flatMap(({ threads }) =>
            formats.map((channels_last) =>
              torchContestant(torchProcess(threads), { kind: 'step', config, batch, channels_last }, 1, true),
            ),
          )
        : []),
      ...found.flatMap((library) => library.trainingStep?.(config, batch) ?? []),
    ],
    alone: (work, threads) => (torch ? threads.map((n) => torchContestant(torchProcess(n), work, 1, true)) : []),
    close: async () => {
      await Promise.all(shared.map((process) => process.close()))
    },
  }
}
