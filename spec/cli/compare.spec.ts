/** Comparing settings: the same data, order, noise and budget for all; stopped and given again, it is what it would have been. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { type BackendName, backends } from '../../backends/index.ts'
import { type CompareEnvironment, compare } from '../../src/cli/compare.ts'
import type { Judge } from '../../src/cli/comparison/judged.ts'
import { type CompareOptions, catalogue } from '../../src/cli/settings/options.ts'
import { kinds } from '../../src/data/index.ts'
import { models } from '../../src/models/index.ts'
import type { Backend, Named } from '../../src/plan/backend.ts'
import { convnet, stripes } from './convnet.ts'
import { refusal } from './runs.ts'

/** Among the others, a model of a few hundred parameters on images of 4 x 4. */
const known = catalogue({ models: [...models, convnet], kinds: [...kinds, stripes] })

/** A file of settings of that model. */
const file = (folder: string, name: string, training: object = {}, more: object = {}): string => {
  const path = join(folder, `${name}.yaml`)
  writeFileSync(path, JSON.stringify({ preset: 'convnet-s', backend: 'cpu', training: { ...training }, ...more }))
  return path
}

const quiet = (more: Partial<CompareEnvironment> = {}): CompareEnvironment & { readonly said: string[] } => {
  const said: string[] = []
  const say = (line: string): void => {
    said.push(line)
  }
  return {
    progress: { say, of: () => ({ show: () => undefined, say, stop: () => undefined }) },
    backends,
    judging: async () => null,
    said,
    ...more,
  }
}

const metrics = (run: string): readonly { step: number; loss: number | null; images: number }[] =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
const losses = (run: string) => metrics(run).map(({ step, loss }) => ({ step, loss }))
const recordOf = (out: string) => JSON.parse(readFileSync(join(out, 'compare.json'), 'utf8'))
const tableOf = (out: string): string => readFileSync(join(out, 'compare.md'), 'utf8')

/** A backend that remembers what training steps were fed, one list for each program of them. */
const listening = (backend: Backend) => {
  const fed: Named[][] = []
  const table: Readonly<Record<BackendName, Backend>> = {
    ...backends,
    [backend.name]: {
      ...backend,
      compile: async (plan, options) => {
        const executable = await backend.compile(plan, options)
        const own: Named[] = []
        return {
          ...executable,
          run: (feeds) => {
            // validation and sampling have no targets
            if (feeds.target !== undefined) {
              if (own.length === 0) fed.push(own)
              own.push(feeds)
            }
            return executable.run(feeds)
          },
        } satisfies typeof executable
      },
    } satisfies Backend,
  }
  return { fed, table }
}

/** The same pictures, noise, noise levels and dropped labels. */
const drawn = ({ input, target, time, weight, labels }: Named): Named =>
  Object.fromEntries(Object.entries({ input, target, time, weight, labels }).flatMap(([n, v]) => (v ? [[n, v]] : [])))

t.test('settings that differ in their optimiser alone are fed the same numbers, step by step', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  const files = [file(folder, 'adamw'), file(folder, 'muon', { optimiser: 'muon' })] as const
  const { fed, table } = listening(backends.cpu)
  const env = quiet({ backends: table })
  t.match(await compare(files, { images: 7, out, seed: '3', loss: '9,0.001' }, env, known), { kind: 'done' })
  t.strictSame(
    fed.map((steps) => steps.length),
    [2, 2],
    'images are rounded up to whole steps',
  )
  t.strictSame(fed[1]?.map(drawn), fed[0]?.map(drawn))
  t.equal(Object.keys(drawn(fed[0]?.[0] ?? {})).length, 5)
  t.notSame(metrics(join(out, 'muon'))[2]?.loss, metrics(join(out, 'adamw'))[2]?.loss, 'and they learn differently')

  t.strictSame(readdirSync(out).sort(), ['adamw', 'compare.json', 'compare.md', 'compare.png', 'compare.svg', 'muon'])
  const table1 = tableOf(out)
  t.match(table1, /^\| adamw \| 8 \| .*\| [\d,]+ \|.*\| 0 images, 0.00 min \| not reached \|$/m)
  t.match(table1, 'only losses are compared')
  t.match(env.said.join('\n'), 'the samples are not judged, only losses are compared')
  const [adamw] = recordOf(out).runs
  t.ok(adamw.standing.edmLoss > 0)
  t.ok(readFileSync(join(out, 'compare.png')).subarray(1, 4).equals(Buffer.from('PNG')))

  await t.test('a setting that is added is the only one that is trained', async (t) => {
    const again = listening(backends.cpu)
    const before = statSync(join(out, 'adamw/metrics.jsonl')).mtimeMs
    const three = [...files, file(folder, 'levels', { sigma_mean: -0.4 })] as const
    await compare(three, { images: 7, out, seed: '3' }, quiet({ backends: again.table }), known)
    t.equal(again.fed.length, 1)
    t.equal(statSync(join(out, 'adamw/metrics.jsonl')).mtimeMs, before)
    t.strictSame(
      recordOf(out).runs.map(({ run }: { run: string }) => run),
      ['adamw', 'muon', 'levels'],
    )
  })

  await t.test('other arguments are refused in one sentence, and nothing changes', async (t) => {
    const before = readFileSync(join(out, 'compare.json'), 'utf8')
    const said = (words: readonly [string, ...string[]], o: CompareOptions): Promise<string> =>
      refusal(compare(words, { out, seed: '3', ...o }, quiet(), known))
    const all = [...files, join(folder, 'levels.yaml')] as const
    t.match(
      await said(all, { images: 12 }),
      'was begun with --images 7, not --images 12: give the same, or another --out',
    )
    t.match(await said(all, { images: 7, seed: '3,4' }), 'was begun with --seed 3, not --seed 3,4')
    t.match(await said(all, { images: 7, threads: 1 }), 'was begun with one thread per processor, not --threads 1')
    t.match(await said(all, { images: 7, backend: 'wasm' }), 'was begun with --backend cpu, not --backend wasm')
    t.match(await said(files, { images: 7 }), 'compares levels too: name it as well')
    file(folder, 'muon', { optimiser: 'muon', learning_rate: 0.5 })
    t.match(
      await said(all, { images: 7 }),
      /^training\.learning_rate is 0\.5 in .*muon\.yaml, but .*out was begun with 0\.001: change it back/,
    )
    t.equal(readFileSync(join(out, 'compare.json'), 'utf8'), before)
  })
})

/** At the n-th step of all that is trained, something happens. */
const at = (n: number, happens: () => void): CompareEnvironment & { readonly said: string[] } => {
  const env = quiet()
  let step = 0
  const { say, of } = env.progress
  const show = (): void => {
    if (++step === n) happens()
  }
  return { ...env, progress: { say, of: (run, work) => ({ ...of(run, work), show }) } }
}

t.test('stopped by Ctrl-C, or dead, and given again, it is the comparison that was never stopped', async (t) => {
  const folder = t.testdir()
  const [out, whole] = [join(folder, 'out'), join(folder, 'whole')]
  const often = { cadence: { save_seconds: 1e-9, validation_seconds: 1e9, grid_seconds: 1e9 } }
  const files = [file(folder, 'a', {}, often), file(folder, 'b', { learning_rate: 2e-3 }, often)] as const
  const o = { images: 32, out }
  const first = at(3, () => process.emit('SIGINT', 'SIGINT'))
  t.match(await compare(files, o, first, known), { kind: 'stopped' })
  t.strictSame(losses(join(out, 'a')).length, 4, 'stopped after the step')
  t.match(first.said.join('\n'), 'stopping after this step; Ctrl-C again exits at once')
  t.equal(
    first.said.filter((line) => line.endsWith(`: npm run compare -- ${files.join(' ')} --images 32 --out ${out}`))
      .length,
    2,
    'both the run and the comparison say how to go on',
  )
  t.notOk(existsSync(join(out, 'b')))
  const dead = new Error('dead')
  const second = at(5 + 3, () => {
    throw dead
  })
  await t.rejects(compare(files, o, second, known), dead)
  t.strictSame(losses(join(out, 'b')).length, 4)
  t.match(await compare(files, o, quiet(), known), { kind: 'done' })
  await compare(files, { ...o, out: whole }, quiet(), known)
  for (const run of ['a', 'b']) t.strictSame(losses(join(out, run)), losses(join(whole, run)))
  const ends = (of: string) =>
    recordOf(of).runs.map(({ standing }: { standing: { edmLoss: number; images: number } }) => [
      standing.images,
      standing.edmLoss,
    ])
  t.strictSame(ends(out), ends(whole))
})

t.test('samples are judged once; each seed is a run; other options of the judge judge again', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  const words = [file(folder, 'a')] as const
  const judged: string[] = []
  const judge = (options: string): Judge => ({
    options,
    judge: async (run) => {
      judged.push(`${options} ${basename(run)}`)
      const distance = judged.length
      return {
        about: 'judged by a stand-in',
        distanceName: 'relative distance',
        distance,
        accuracy: 0.5,
        precision: 0.25,
        recall: 0.125,
        neighbourRatio: 1,
        copies: 0,
      }
    },
  })
  const o = { images: 4, out, seed: '0,1' } as const
  await compare(words, o, quiet({ judging: async () => judge('12 samples') }), known)
  t.strictSame(
    readdirSync(out).filter((name) => name.startsWith('a')),
    ['a-0', 'a-1'],
  )
  t.notSame(losses(join(out, 'a-0')), losses(join(out, 'a-1')))
  await compare(words, o, quiet({ judging: async () => judge('12 samples') }), known)
  t.strictSame(judged, ['12 samples a-0', '12 samples a-1'])
  t.match(
    tableOf(out),
    /\| setting .*\| relative distance \| accuracy \| precision \| recall \| nearest-neighbour ratio \| copies \|/,
  )
  t.match(tableOf(out), /\| 1\.50 \(1\.00 to 2\.00\) \| 50\.0 % \| 25\.0 % \| 12\.5 % \| 1\.00 \| 0\.0 % \|\n/)
  t.match(tableOf(out), 'judged by a stand-in')
  await compare(words, o, quiet({ judging: async () => judge('24 samples') }), known)
  t.strictSame(judged.slice(2), ['24 samples a-0', '24 samples a-1'])
})

t.test('a schedule that ends, ends where the budget does', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  await compare([file(folder, 'a', { schedule: 'linear', warmup_images: 1 })], { images: 8, out }, quiet(), known)
  t.match(readFileSync(join(out, 'a/config.yaml'), 'utf8'), /schedule_images: 8\n/)
})

t.test('a budget of minutes is spent once', async (t) => {
  const folder = t.testdir()
  const o = { minutes: 0.01, out: join(folder, 'out') }
  const words = [file(folder, 'a')] as const
  const { fed, table } = listening(backends.cpu)
  for (const _ of ['begun', 'again'])
    t.match(await compare(words, o, quiet({ backends: table }), known), { kind: 'done' })
  t.equal(fed.length, 1)
})

t.test('what cannot be compared is refused before anything is written', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  const a = file(folder, 'a')
  const said = (words: readonly [string, ...string[]], o: CompareOptions = { images: 4 }): Promise<string> =>
    refusal(compare(words, { out, ...o }, quiet(), known))
  t.match(await said([a], {}), 'there is no budget: expected --images N, --gflop G or --minutes M')
  t.match(await said([a], { images: 4, minutes: 1 }), '--images 4 and --minutes 1: expected one budget')
  t.match(
    await said([a], { gflop: 1e-5 }),
    /a\.yaml: --gflop 0\.00001 is less than one step of it: expected at least 1$/,
  )
  t.match(await said([join(folder, 'none.yaml')]), /cannot read .*none\.yaml: no such file, and no preset \(emoji32, /)
  t.match(await said([a, a]), 'are both called a: expected files of different names')
  t.match(await said([a, 'emoji32']), /^emoji32 trains on "emoji", .*a\.yaml on "stripes": expected the same data$/)
  t.match(
    await said([a, file(folder, 'd', {}, { model: { side: 8 } })]),
    /d\.yaml is of images of 8 x 8, .* of 4 x 4: expected one size$/,
  )
  t.match(
    await said([a, file(folder, 'f', {}, { threads: 1 })]),
    /f\.yaml computes on cpu with 1 thread, .*a\.yaml on cpu with a thread per processor: expected the same/,
  )
  t.match(await said([file(folder, 'e', { loss: 'mes' })]), /e\.yaml: training\.loss is "mes": expected one of /)
  t.notOk(existsSync(out))
})
