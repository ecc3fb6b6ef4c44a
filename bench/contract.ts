/** Single products, compared with the machine's peak and with other libraries' products of the same sizes. */
import { program, repeats } from './engine.ts'
import { productCases } from './products.ts'
import { type Context, compare, emitLimits, type Workload } from './workload.ts'

const run = async (context: Context): Promise<void> => {
  await emitLimits(context, 'contract')
  for (const { name, gflop, output, peer } of context.smoke ? productCases.slice(-3) : productCases) {
    const times = context.smoke ? 1 : repeats(gflop)
    await compare(
      context,
      {
        workload: 'contract',
        name,
        work: { gflop },
        contestants: [
          ...context.threads.map((n) => program({ output }, n, times)),
          // calling a peer wakes no threads of ours: fewer repetitions suffice
          ...context.peers.product(peer, Math.ceil(times / 4)),
        ],
      },
      { rounds: 4, steps: 4, warmup: 2 },
    )
  }
}

export const contract: Workload = { about: 'matrix products of the sizes in the models, in GFLOPS', run }
