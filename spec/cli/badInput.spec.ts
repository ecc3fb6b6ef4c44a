/** Any mistake in user input is one sentence that names it, and nothing is lost. */
import { mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { Failure } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { type TrainOptions, train } from '../../src/cli/train.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { BackendLost } from '../../src/plan/errors.ts'
import { config, quiet } from './tiny.ts'

/** The sentence with which a command fails. */
const sentence = async (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'it did not fail',
    (error) => (error instanceof Failure ? error.message : `a defect: ${error}`),
  )
const refusal = (o: TrainOptions): Promise<string> => sentence(train(o, quiet()))

t.test('a settings file: the field, its value and what was expected', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'c.yaml')
  const says = async (text: string): Promise<string> => {
    writeFileSync(path, text)
    return refusal({ config: path, dryRun: true })
  }
  t.match(await refusal({ config: join(folder, 'none.yaml') }), /none\.yaml: no such file/)
  for (const [text, sentence] of [
    ['training: { batch: many }', 'training.batch is "many": expected a whole number of at least 1'],
    ['training: { bacth: 3 }', 'training: unknown field "bacth": did you mean "batch"?'],
    ['trainign: { batch: 3 }', 'unknown field "trainign": did you mean "training"?'],
    ['model: { heads: 5 }', 'model: heads is 5: expected a divisor of every width, but 32 is in widths'],
    ['model: { image_size: 30 }', 'model: image_size is 30: expected a multiple of 4, to be halved between 3 levels'],
    ['model: { window: 3 }', 'model: window is 3: expected a divisor of the size of every level, but one is 32 x 32'],
    ['model: { model: latent, width: 3 }', 'model: heads is 16: expected a divisor of the width of 3'],
    ['model: { model: imgae }', 'model.model is "imgae": did you mean "image"?'],
    ['training: { batch: 10, micro_batch: 3 }', 'training: micro_batch is 3: expected a divisor of the batch of 10'],
    [
      '{ a: ] }',
      'it is not YAML at line 1, column 6, where the parser says "Flow map must end with a }": expected settings such as "preset: emoji32"',
    ],
    ['seed: 1.5', 'seed is 1.5: expected a whole number'],
    ['', 'it is empty: expected settings such as "preset: emoji32"'],
  ] as const)
    t.equal(await says(text), `${path}: ${sentence}`)
})

t.test('a model that does not fit its data', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  t.match(
    await refusal({ config: config(folder, {}, { classes: 4 }), out }),
    'model.classes is 4: expected 9, the classes of emoji',
  )
  t.match(await refusal({ config: config(folder, {}, { channels: 1 }), out }), 'model.channels is 1: expected 3')
  t.match(await refusal({ preset: 'ffhq64', out }), /this preset has no default data: give --data/)
  t.strictSame(readdirSync(folder), ['tiny.yaml'], 'no folder was made')
})

t.test('a batch too large for memory: the micro-batch that fits is named', async (t) => {
  const out = join(t.testdir(), 'run')
  t.match(
    await refusal({ batch: 8192, microBatch: 8192, out }),
    /^8192 images at a time need about .* GiB of memory, more than .* on wasm: --micro-batch \d+ fits/,
  )
})

t.test('invalid runs and checkpoints', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const path = config(folder)
  await train({ config: path, backend: 'wasm', steps: 1, out }, quiet())
  const file = join(out, 'checkpoints', 'step-1.safetensors')
  const whole = readFileSync(file)

  t.match(await refusal({ config: path, out }), `${out} holds another run: continue it with --resume ${out}`)
  t.match(await refusal({ resume: join(folder, 'none') }), /none is not a run: it has no config\.yaml/)
  t.match(await refusal({ resume: out }), `${out} is complete: step 1 of 1`)
  t.match(await refusal({ resume: out, batch: 3 }), '--batch cannot be given with --resume')
  t.match(
    await sentence(sample({ run: out, count: 1e9 })),
    /^--count 1000000000: 9000000000 images need about .* GiB of memory, more than the .* GiB available on the host$/,
  )
  t.match(await sentence(sample({ run: out, class: 'Flgas' })), 'unknown class "Flgas": did you mean "Flags"?')

  truncateSync(file, whole.length - 100)
  t.match(
    await refusal({ resume: out, steps: 2 }),
    /^no checkpoint of .*run can be used: .*step-1\.safetensors: .*cut short/,
  )
  writeFileSync(file, 'not safetensors')
  t.match(await refusal({ resume: out, steps: 2 }), /step-1\.safetensors: not a safetensors file/)
  writeFileSync(file, whole)
  const yaml = join(out, 'config.yaml')
  const said = readFileSync(yaml, 'utf8')
  writeFileSync(yaml, said.replace('time_width: 16', 'time_width: 32'))
  t.match(
    await refusal({ resume: out, steps: 2 }),
    /step-1\.safetensors: it is of another model: time_width is 16 there and 32 here/,
  )
  writeFileSync(yaml, said)
  t.strictSame(readFileSync(file), whole, 'and nothing was lost')

  renameSync(file, join(folder, 'away'))
  t.match(await sentence(sample({ run: out })), /no checkpoint of .* can be used: .*step-1\.safetensors: no such file/)
  mkdirSync(join(folder, 'full'))
  writeFileSync(join(folder, 'full', 'thesis.txt'), '')
  t.match(
    await refusal({ config: path, out: join(folder, 'full') }),
    /full is not empty \(it holds thesis\.txt\): name another --out/,
  )
})

/** The wasm backend with scripted results: the n-th training step gives the n-th of these, an Error or a loss. */
const acting = (steps: readonly (number | Error)[]): Backend => ({
  ...backends.wasm,
  compile: async (plan, options) => {
    const executable = await backends.wasm.compile(plan, options)
    let step = 0
    return {
      ...executable,
      run: async (feeds) => {
        const outputs = await executable.run(feeds)
        const next = outputs.loss === undefined ? undefined : steps[step++]
        if (next instanceof Error) throw next
        return next === undefined ? outputs : { ...outputs, loss: Float64Array.of(next) }
      },
    }
  },
})

t.test('a failure during a run stops it, is named, and leaves the last good checkpoint', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: config(folder), backend: 'wasm', steps: 2, out }, quiet())
  const breaks = (second: number | Error): Promise<string> =>
    sentence(train({ resume: out, steps: 9 }, { ...quiet(), backends: { ...backends, wasm: acting([1, second]) } }))
  t.match(
    await breaks(Number.NaN),
    /^The loss became NaN at step 4: training stopped\. The last good checkpoint is .*step-2\.safetensors; a new run with a lower training\.learning_rate than 0\.001 may help$/,
  )
  t.match(
    await breaks(new BackendLost('wasm', 'compute thread 2 of 2', 'it ended with code 1')),
    /^wasm: compute thread 2 of 2 .*it ended with code 1\. The last good checkpoint is .*step-2\.safetensors; resume with: npm run train -- --resume /,
  )
  t.match(await breaks(new TypeError('x is not a function')), /^a defect: TypeError: x is not a function$/)
  t.strictSame(readdirSync(join(out, 'checkpoints')), ['step-2.safetensors'])
  t.strictSame(readdirSync(out).includes('.lock'), false, 'and nobody holds the folder')
  await train({ resume: out, steps: 3 }, quiet())
})

t.test('--trace names the kernel with the first NaN, and where it came from', async (t) => {
  const folder = t.testdir()
  const path = config(folder, { sigma_mean: 800 })
  t.match(
    await refusal({ config: path, backend: 'cpu', trace: true }),
    /^kernel \d+, \S+ \[.*\]: the input "input" is NaN at \[0, 0, 0, 0\], as it was given: the first NaN, at \[/,
  )
})
