/**
 * No pass and no backend decides by the name of an operation: it would not know anyone else's. What an operation is they
 * ask of its rule. Scalar expressions have a closed core, whose printers in `backends/` do switch on it. Nor does the command
 * line, training or sampling know one model from another: it works with the values of a table.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'
import { models } from '../src/models/models.ts'

const root = resolve(import.meta.dirname, '..')

/** Code without comments, and without what templates say to people. */
const code = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*/g, '')
    .replace(/`(?:\\.|[^`\\])*`/g, '``')

/** The name of a scalar function or of a fold beside a comparison. */
const named =
  /\b(?:fn|fold|rule|primitive)\.name\s*(?:===|!==|in\b)|(?:===|!==)\s*[\w.]*\b(?:fn|fold)\.name|switch \([\w.]*\.name\)/

interface Room {
  readonly folder: string
  /** What nothing here may say, in words and as it is written. */
  readonly forbidden: readonly (readonly [words: string, RegExp])[]
}

const passes: Room['forbidden'] = [
  ['asks for the name of an operation', /\bop\b/],
  ['compares the name of a function', named],
]
const one = models.map(({ name }) => name).join('|')
const tables: Room['forbidden'] = [
  ['imports a model', /models\/(?!(?:model|models|recipe|carried)\.ts)/],
  ['names a model', new RegExp(`\\b(?:${one})(?:Model|Config|Spec|Fields|Defaults|Presets|Recipes)\\b`, 'i')],
  ['compares the name of a model', new RegExp(`(?:===|!==|case)\\s*['"](?:${one})['"]`)],
  ['asks for a field of one model', /\bmodel\.(?:image_size|input_size|widths?|depths?|window|patch|heads|classes)\b/],
]
const rooms: readonly Room[] = [
  ...['src/transform', 'src/lower', 'src/plan'].map((folder) => ({ folder, forbidden: passes })),
  {
    folder: 'backends',
    forbidden: [
      ['knows tensors, not only plans', /import[^;\n]*\bTensor\b/],
      ['compares the name of a function', named],
    ],
  },
  ...['src/cli', 'src/train', 'src/diffusion', 'src/classification'].map((folder) => ({ folder, forbidden: tables })),
]

const offences = ({ forbidden }: Room, file: string, text: string): readonly string[] =>
  forbidden.flatMap(([words, written]) => (written.test(code(text)) ? [`${file} ${words}`] : []))

for (const room of rooms)
  t.test(`${room.folder} does not know what only its tables should`, async (t) => {
    const files = (await readdir(join(root, room.folder), { recursive: true })).filter(
      (file) => file.endsWith('.ts') && !file.includes('node_modules'),
    )
    t.ok(files.length > 2)
    for (const file of files) t.same(offences(room, file, await readFile(join(root, room.folder, file), 'utf8')), [])
  })

t.test(
  'names are found where they are used; what people read, and the core of expressions, may have them',
  async (t) => {
    const [pass, , , backend, command] = rooms
    if (pass === undefined || backend === undefined || command === undefined)
      throw new Error('there are rooms of all kinds')
    const found = (room: Room, line: string): boolean => offences(room, 'planted.ts', line).length > 0
    t.ok(found(pass, "if (node.op === 'add') return x"))
    t.ok(found(pass, 'const { op } = node'))
    t.ok(found(pass, 'switch (x.op) {'))
    t.ok(found(pass, 'table[node.op]'))
    t.ok(found(pass, "if (fold.name === 'sum') return x"))
    t.ok(found(backend, "e.fn.name === 'exp'"))
    t.ok(found(backend, "import type { Tensor } from '../../src/tensor/tensor.ts'"))
    t.ok(found(command, "import { imageModel } from '../models/image/imageModel.ts'"))
    t.ok(found(command, "import { latent } from '../models/latent/latent.ts'"))
    t.ok(found(command, 'const spec = imageSpec(c)'))
    t.ok(found(command, "if (config.model === 'latent') fail(why)"))
    t.ok(found(command, 'open(data, settings.model.image_size)'))
    t.notOk(found(command, "import { models } from '../models/models.ts'"))
    t.notOk(found(command, "deviation('image', image, theirs)"))
    t.notOk(found(pass, '// node.op is for people'))
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a line of code
    t.notOk(found(pass, 'throw new Error(`${node.op} has no buffer`)'))
    t.notOk(found(backend, "switch (e.op) { case 'add': return sum }"))
  },
)
