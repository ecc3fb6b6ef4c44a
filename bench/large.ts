/**
 * The largest models beside PyTorch: a forward pass of DiffiT-XL, a latent in 25 guided steps, the decoder of Stable Diffusion's
 * autoencoder. Peak memory is that of a process which does nothing else. Ours and PyTorch's parameters take 5 GB together.
 */
import * as E from 'fp-ts/lib/Either.js'
import { OutOfMemory } from '../src/plan/errors.ts'
import { type Contestant, each, type Facts, type Running } from './harness.ts'
import { type LargeCase, largeCases } from './largeCases.ts'
import { largeResidentMib } from './largeResident.ts'
import { ours } from './line.ts'
import { type Context, compare, emitLimits, type Workload } from './workload.ts'

const name = 'diffit-xl'

/** One that the memory does not hold is left out, with the reason. */
const contestant = ({ ours: large }: LargeCase, threads: number, more: Facts): Contestant => ({
  by: ours,
  threads,
  start: () =>
    large.prepare(threads).then(
      ({ once, facts, stop }) =>
        E.right<string, Running>({ steps: (n) => each(n, once), facts: { ...facts, ...more }, stop }),
      (error: unknown) => {
        if (error instanceof OutOfMemory) return E.left(error.message)
        throw error
      },
    ),
})

const timeCase = async (context: Context, c: LargeCase): Promise<void> => {
  if (!c.name.includes(context.only)) return
  const most = Math.max(...context.threads)
  const peak = context.smoke ? null : await largeResidentMib(c.name, most, context.smoke)
  const threads = c.isHuge ? [most] : context.threads
  const theirs = c.torch.flatMap((operation) => context.peers.alone(operation, threads))
  await compare(
    context,
    {
      workload: name,
      name: c.name,
      work: { gflop: c.ours.gflop() },
      contestants: [contestant(c, most, peak === null ? {} : { resident_mib: peak }), ...theirs],
    },
    c.rounds,
  )
}

export const large: Workload = {
  about: 'forward pass and 25 guided steps of diffit-xl-256, decoding to 256 x 256',
  run: async (context) => {
    await emitLimits(context, name)
    for (const c of largeCases(context.smoke)) await timeCase(context, c)
  },
}
