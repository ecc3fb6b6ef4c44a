/** `npm run campaign`: tests what a run survives. Short forms of all campaigns are part of the test suite. */
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { report } from '../../src/cli/errors.ts'
import { crashPeace, crashTrial } from './crash.ts'
import { diskFaults, diskPeace, diskTrial, limitTrial, tmpfsTrial } from './disk.ts'
import { fuzzCommand } from './fuzz/command.ts'
import { encodePeace, encodeTrial, latentPeace } from './latent.ts'
import { campaign } from './report.ts'
import { growth, isFlat, soak } from './soak.ts'

const natural = (text: string): number => {
  const n = Number(text)
  if (Number.isSafeInteger(n) && n >= 0 && text.trim() !== '') return n
  throw new InvalidArgumentError('expected a whole number of at least 0.')
}

const program = new Command('campaign').description('Test what a run survives; exit 1 on a failure')
const verdict = (ok: boolean): void => {
  if (!ok) process.exitCode = 1
}

program
  .command('crash')
  .description('kill -9 at random moments; every run must end like the one that was never killed')
  .option('--times <n>', 'runs', natural, 100)
  .option('--seed <n>', 'seed of the random moments', natural, 1)
  .option('--out <dir>', 'folder of the runs and of the results, for resuming', 'runs/campaign/crash')
  .action(async ({ times, seed, out }: { times: number; seed: number; out: string }) => {
    const peace = await crashPeace(out)
    console.log(`undisturbed: ${peace.operations} file operations, ${Math.round(peace.milliseconds)} ms`)
    const trials = await campaign(`crash, seed ${seed}`, join(out, 'done.json'), times, (i) =>
      crashTrial(peace, seed, i),
    )
    verdict(trials.every(({ ok }) => ok))
  })

program
  .command('latent')
  .description(
    'kill -9 at random moments of encoding, and of runs of a latent model: they must end like those that were never killed',
  )
  .option('--times <n>', 'of each', natural, 25)
  .option('--seed <n>', 'seed of the random moments', natural, 1)
  .option('--out <dir>', 'folder of the latents, the runs and of the results, for resuming', 'runs/campaign/latent')
  .action(async ({ times, seed, out }: { times: number; seed: number; out: string }) => {
    const encoded = await encodePeace(out)
    const run = await latentPeace(encoded, 30)
    console.log(`undisturbed: ${encoded.operations} file operations of encoding, ${run.operations} of the run`)
    const trials = await campaign(`latent, seed ${seed}`, join(out, 'done.json'), 2 * times, (i) =>
      i < times ? encodeTrial(encoded, seed, i) : crashTrial(run, seed, i),
    )
    verdict(trials.every(({ ok }) => ok))
  })

program
  .command('disk')
  .description('every write, sync and rename fails in turn, once and permanently; then disks that are really too small')
  .option('--times <n>', 'maximum number of faults, evenly chosen (default: all)', natural)
  .option('--out <dir>', 'folder of the runs and of the results, for resuming', 'runs/campaign/disk')
  .action(async ({ times, out }: { times?: number; out: string }) => {
    const peace = await diskPeace(out)
    const faults = diskFaults(peace, times)
    console.log(`undisturbed: ${peace.operations} file operations; ${faults.length} faults`)
    const real = [1500, 1000, 700, 400, 100].map((kib) => () => tmpfsTrial(peace, kib))
    const limits = [400, 190, 64, 1].map((kib) => () => limitTrial(peace, kib))
    const all = [...faults.map((fault) => () => diskTrial(peace, fault)), ...real, ...limits]
    const trials = await campaign(`disk, ${all.length} trials`, join(out, 'done.json'), all.length, async (i) => {
      const trial = await all[i]?.()
      return trial ?? { ok: true, what: 'left out: no tmpfs can be mounted here' }
    })
    verdict(trials.every(({ ok }) => ok))
  })

program
  .command('soak')
  .description('thousands of steps: resident memory, open files and threads stay flat')
  .option('--steps <n>', 'steps', natural, 5000)
  .option('--out <dir>', 'folder of the run', 'runs/campaign/soak')
  .action(async ({ steps, out }: { steps: number; out: string }) => {
    const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`
    let said = 0
    const { samples, code } = await soak(out, steps, (s) => {
      if (s.step < said + steps / 20) return
      said = s.step
      console.log(`step ${s.step}: ${mebibytes(s.resident)}, ${s.files} files, ${s.threads} threads`)
    })
    const seen = growth(samples)
    for (const [name, s] of Object.entries(seen))
      console.log(`${name}: step ${s.step}, ${mebibytes(s.resident)}, ${s.files} files, ${s.threads} threads`)
    console.log(`exit code ${code}, ${isFlat(seen) ? 'flat' : 'NOT flat'}`)
    verdict(code === 0 && isFlat(seen))
  })

fuzzCommand(program)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${report(error).text}\n`)
  process.exitCode = 1
}
