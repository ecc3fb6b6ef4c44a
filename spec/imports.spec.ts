/** The one-way imports of the folders of `src/` are lint errors; here each kind of violation is tested. */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t from 'tap'

type Planted = readonly (readonly [file: string, line: string, message?: string])[]

/** Lints files of one line each in an empty folder, under this project's rules: the complaints, by file. */
const lint = async (folder: string, planted: Planted, rule = 'style/noRestrictedImports'): Promise<string> => {
  await copyFile('biome.json', join(folder, 'biome.json'))
  for (const [file, line] of planted) {
    await mkdir(join(folder, dirname(file)), { recursive: true })
    await writeFile(join(folder, file), `${line}\n`)
  }
  const only = [`--only=${rule}`, '--vcs-enabled=false', '--reporter=github']
  return new Promise((resolve) =>
    execFile('biome', ['lint', ...only, '.'], { cwd: folder }, (_, out, err) => resolve(out + err)),
  )
}

const only = { models: 'src/models may import only codec, diffit, diffusion, nn, tensor, train.' }

const forbidden: Planted = [
  ['src/tensor/a.ts', "export { x } from '../nn/linear.ts'", 'src/tensor may import no other room.'],
  ['src/tensor/b.ts', "export type { x } from '../plan/plan.ts'", 'src/tensor may import no other room.'],
  ['src/nn/a.ts', "export { x } from '../plan/plan.ts'", 'src/nn may import only codec, tensor, random.'],
  ['src/nn/b.ts', "export const x = await import('../train/loop.ts')", 'src/nn may import only codec, tensor, random.'],
  [
    'src/train/a.ts',
    "export { cpu } from '../../backends/cpu/index.ts'",
    'src/train may import only codec, nn, io, lower, plan, transform, tensor, random.',
  ],
  [
    'src/augmentation/a.ts',
    "export type { x } from '../plan/backend.ts'",
    'src/augmentation may import only codec, random.',
  ],
  ['src/evaluation/a.ts', "export { x } from '../cli/task.ts'", 'src/evaluation may import only codec.'],
  [
    'src/data/latents/a.ts',
    "export { x } from '../../autoencoder/latents.ts'",
    'src/data may import only codec, io, random.',
  ],
  ['src/models/a.ts', "export { x } from '../data/open.ts'", only.models],
  ['src/models/tiny/a.ts', "export { x } from '../../cli/options.ts'", only.models],
  ['src/models/tiny/b.ts', "export { x } from '../../lower/compile.ts'", only.models],
  [
    'src/evaluation/inception/a.ts',
    "export { x } from '../../train/step.ts'",
    'src/evaluation/inception may import only codec, data, io, nn, lower, plan, tensor.',
  ],
  [
    'src/interchange/a.ts',
    "export { x } from '../lower/compile.ts'",
    'src/interchange may import only codec, io, models, nn, plan, tensor.',
  ],
  [
    'src/interchange/onnx/a.ts',
    "export { x } from '../../cli/task.ts'",
    'src/interchange may import only codec, io, models, nn, plan, tensor.',
  ],
  [
    'src/index.ts',
    "export { backends } from '../backends/index.ts'",
    'The public surface exports no backend and no command line: only src/cli may import backends/.',
  ],
  [
    'backends/cpu/a.ts',
    "export { x } from '../../src/nn/linear.ts'",
    'backends may import from src/ only plan and tensor.',
  ],
]

const allowed: Planted = [
  ['src/tensor/ok.ts', "export { x } from './shape.ts'"],
  ['src/diffusion/ok.ts', "export { x } from '../augmentation/index.ts'"],
  ['src/nn/ok.ts', "export { x } from '../tensor/ops.ts'"],
  ['src/data/latents/ok.ts', "export { x } from '../dataset.ts'"],
  ['src/data/latents/fine.ts', "export { x } from '../../io/png.ts'"],
  ['src/models/tiny/ok.ts', "export { x } from '../model.ts'"],
  ['src/models/tiny/fine.ts', "export { x } from '../../nn/linear.ts'"],
  ['src/evaluation/inception/ok.ts', "export { x } from '../featureNetwork.ts'"],
  ['src/evaluation/inception/fine.ts', "export { x } from '../../io/png.ts'"],
  ['src/evaluation/ok.ts', "export { x } from '../codec/element.ts'"],
  ['src/interchange/ok.ts', "export { x } from '../models/models.ts'"],
  ['src/interchange/onnx/ok.ts', "export { x } from '../graph.ts'"],
  ['src/interchange/onnx/fine.ts', "export { x } from '../../tensor/ops.ts'"],
  ['src/io/ok.ts', "export { x } from 'io-ts/lib/Decoder.js'"],
  ['src/cli/ok.ts', "export { x } from '../../backends/index.ts'"],
  ['backends/cpu/ok.ts', "export { x } from '../../src/plan/plan.ts'"],
  ['backends/index.ts', "export { x } from './cpu/index.ts'"],
]

t.test('an import against the one-way rule is an error that names the rule; allowed imports pass', async (t) => {
  const report = await lint(t.testdir(), [...forbidden, ...allowed])
  for (const [file, line, message = ''] of forbidden)
    t.match(report, new RegExp(`::error .*file=[^,]*${file},.*::${message.replaceAll('.', '\\.')}`), `${file}: ${line}`)
  t.equal(report.split('::error').length - 1, forbidden.length, 'and no other')
})

t.test('two files that import from each other are an error, even for types only', async (t) => {
  const cycle: Planted = [
    ['src/plan/a.ts', "export type { x } from './b.ts'"],
    ['src/plan/b.ts', "export type { x } from './a.ts'"],
  ]
  t.match(await lint(t.testdir(), cycle, 'suspicious/noImportCycles'), /::error .*file=[^,]*src\/plan\/a.ts/)
})

t.test('no folder may import what it does not import, except codec', async (t) => {
  const text = await readFile('biome.json', 'utf8')
  const rules = [...text.matchAll(/"includes": \["(src(?:\/\w+)+)\/\*\*"\].*?"message"/gs)].flatMap(
    ([rule, room = '']) => [...rule.matchAll(/!(?:\.\.\/)+(\w+)\//g)].map(([, to]) => ({ room, to })),
  )
  t.ok(rules.length > 20)
  for (const { room, to } of rules) {
    const files = (await readdir(room, { recursive: true })).filter((file) => file.endsWith('.ts'))
    const texts = await Promise.all(files.map((file) => readFile(join(room, file), 'utf8')))
    t.ok(
      to === 'codec' || texts.some((text) => new RegExp(`from '(\\.\\./)+${to}/`).test(text)),
      `${room} imports ${to}`,
    )
  }
})
