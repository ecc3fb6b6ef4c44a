/** `npm run bench`: every workload beside its peers, in one run. */
import { Command } from 'commander'
import { imageS } from './imageS.ts'

const workloads: Readonly<Record<string, (smoke: boolean) => Promise<void>>> = {
  'image-s': imageS,
  contract: async (smoke) => {
    if (!smoke) await import('./contract.ts')
  },
}

await new Command('bench')
  .description('measure speed beside PyTorch (which needs /usr/bin/python3 with torch) and beside the machine itself')
  .argument('[workload...]', `what to measure: ${Object.keys(workloads).join(', ')} (default: image-s)`)
  .option('--smoke', 'only prove that every workload runs, in a few seconds')
  .action(async (names: readonly string[], { smoke = false }: { readonly smoke?: boolean }) => {
    const wanted = names.length > 0 ? names : smoke ? Object.keys(workloads) : ['image-s']
    for (const name of wanted) {
      const workload = workloads[name]
      if (workload === undefined) {
        console.error(`There is no workload "${name}": expected ${Object.keys(workloads).join(' or ')}.`)
        process.exitCode = 1
        return
      }
      await workload(smoke)
    }
  })
  .parseAsync()
