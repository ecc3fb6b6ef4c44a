/**
 * Adding a sampler, a loss, a weighting, an optimiser or a kind of data set takes its own file and one line of its table (and the import
 * above it): here in a copy of the sources, where the command line then trains and samples with all of them.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const root = resolve(import.meta.dirname, '../..')
const copy = await mkdtemp(join(tmpdir(), 'diffit-tables-'))
t.teardown(() => rm(copy, { recursive: true, force: true }))
for (const name of ['src', 'backends', 'bin', 'package.json', 'tsconfig.json'])
  await cp(join(root, name), join(copy, name), { recursive: true })
await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))

interface Addition {
  readonly file: string
  readonly code: string
  readonly table: string
  /** What the line goes before, and the line. */
  readonly row: readonly [before: string, line: string]
  readonly imported: string
}

const additions: Readonly<Record<string, Addition>> = {
  sampler: {
    file: 'src/diffusion/sampler/halfway.ts',
    code: `import { at } from '../../tensor/axes.ts'
import { sampler } from './sampler.ts'

/** Half of the way to the estimate, whatever the levels; all of it at the end. */
export const halfway = () =>
  sampler('halfway', (steps) => steps, async (denoise, x, { from, to }) => {
    const { denoised } = await denoise(x, from)
    return { x: x.map((v, i) => v + (to === 0 ? 1 : 0.5) * (at(denoised, i) - v)), denoised }
  })
`,
    table: 'src/diffusion/sampler/samplers.ts',
    row: ['} as const satisfies', '  halfway: { of: halfway, uses: [] },\n'],
    imported: "import { halfway } from './halfway.ts'",
  },
  loss: {
    file: 'src/diffusion/loss/absolute.ts',
    code: `import { abs } from '../../tensor/ops.ts'
import type { Loss } from './loss.ts'

/** The absolute error |d|. */
export const absolute: Loss = { name: 'absolute', pointwise: abs, penalty: Math.abs }
`,
    table: 'src/diffusion/loss/losses.ts',
    row: ['} as const satisfies', ', absolute '],
    imported: "import { absolute } from './absolute.ts'",
  },
  weighting: {
    file: 'src/diffusion/loss/loud.ts',
    code: `import type { Weighting } from './weighting.ts'

/** Low noise counts little. */
export const loud: Weighting = {
  name: 'loud',
  help: 'low noise counts little',
  factor: ({ sigmaData }) => (sigma) => sigma ** 2 / (sigma ** 2 + sigmaData ** 2),
}
`,
    table: 'src/diffusion/loss/weightings.ts',
    row: ['} as const satisfies', ', loud '],
    imported: "import { loud } from './loud.ts'",
  },
  optimiser: {
    file: 'src/train/signs.ts',
    code: `import { sign } from '../tensor/ops.ts'
import { scaleByLearningRate } from './links.ts'
import { chain, link } from './optimiser.ts'
import type { OptimiserKind } from './optimiserKind.ts'

const signs = link({
  name: 'signs',
  state: {},
  feeds: () => ({}),
  update: ({ updates }) => ({ updates: sign(updates), state: {} }),
})

/** Sign descent (Bernstein et al. 2018). */
export const signsKind: OptimiserKind = {
  name: 'signs',
  help: 'sign descent',
  make: ({ learningRate }) => chain(signs, scaleByLearningRate(learningRate)),
}
`,
    table: 'src/train/optimisers.ts',
    row: ['} as const satisfies', '  signs: signsKind,\n'],
    imported: "import { signsKind } from './signs.ts'",
  },
  data: {
    file: 'src/data/dots.ts',
    code: `import * as TE from 'fp-ts/lib/TaskEither.js'
import { dataset } from './dataset.ts'
import type { DataKind } from './kinds.ts'

/** Images of one shade, in two classes. */
export const dots: DataKind = {
  name: 'dots',
  help: 'shades of grey',
  folder: 'none',
  open: (_, size) =>
    TE.right(
      dataset({
        name: 'dots',
        classes: ['dark', 'light'],
        channels: 3,
        size,
        pixels: Uint8Array.from({ length: 32 * size * size * 3 }, (_, i) => 8 * Math.floor(i / (size * size * 3))),
        labels: Uint8Array.from({ length: 32 }, (_, i) => (i < 16 ? 0 : 1)),
      }),
    ),
}
`,
    table: 'src/data/kinds.ts',
    row: ["  { name: 'idx',", '  dots,\n'],
    imported: "import { dots } from './dots.ts'",
  },
}

/** Without the options that tap's processes have. */
const run = (...command: readonly string[]) =>
  promisify(execFile)('env', ['-u', 'NODE_OPTIONS', ...command], { cwd: copy })

const settings = `
preset: emoji32
model: { image_size: 8, widths: [8, 8], depths: [1, 1], window: 4, heads: 2, time_width: 16 }
data: dots
length: { steps: 2 }
training: { batch: 2, micro_batch: 2, loss: absolute, weight: loud, optimiser: signs }
sampling: { steps: 2, columns: 1, sampler: halfway }
`

t.test('one file and one table each: types hold, and the command line knows them by name', async (t) => {
  for (const { file, code, table, row, imported } of Object.values(additions)) {
    await writeFile(join(copy, file), code)
    const before = await readFile(join(copy, table), 'utf8')
    const [place, line] = row
    t.ok(before.includes(place), `${table} has a place for the row`)
    await writeFile(join(copy, table), `${imported}\n${before.replace(place, `${line}${place}`)}`)
  }
  await writeFile(
    join(copy, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      include: ['src', 'backends/**/*.d.ts'],
      exclude: ['**/*.browser.ts'],
    }),
  )
  await t.resolves(run(join(root, 'node_modules/.bin/tsc'), '--noEmit', '-p', copy))

  const command = [process.execPath, 'bin/run.js', 'src/cli/main.ts']
  const { stdout: help } = await run(...command, 'train', '--help')
  for (const name of ['absolute', 'loud', 'signs', 'halfway', 'dots']) t.match(help, new RegExp(`\\b${name}\\b`))
  await mkdir(join(copy, 'runs'))
  await writeFile(join(copy, 'own.yaml'), settings)
  const { stdout } = await run(...command, 'train', '--config', 'own.yaml', '--out', 'runs/own')
  t.match(stdout, 'dots: 32 images of 8 x 8, 2 classes')
  t.match((await run(...command, 'train', '--resume', 'runs/own', '--steps', '3')).stdout, 'step 3')
  t.match(
    (await run(...command, 'sample', '--run', 'runs/own', '--count', '1')).stdout,
    /seed-0\.png: 2 images from step 3/,
  )
  t.match((await run(...command, 'verify', 'runs/own')).stdout, 'is intact')
})
