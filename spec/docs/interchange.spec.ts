/** docs/interchange.md: its commands are read as they stand, its layouts are those of the table, its numbers those of the code. */
import { readFile } from 'node:fs/promises'
import { either as E } from 'fp-ts'
import t from 'tap'
import manifest from '../../package.json' with { type: 'json' }
import { calls } from '../../src/cli/settings/calls.ts'
import { decodeOptions, flagsOf } from '../../src/cli/settings/flags.ts'
import { keyOf } from '../../src/cli/settings/option.ts'
import { layouts } from '../../src/interchange/layouts.ts'
import { opset } from '../../src/interchange/onnx/exportGraph.ts'
import { mostEmbedded } from '../../src/interchange/onnx/modelFile.ts'
import { sliceBytes } from '../../src/io/tensorFile.ts'
import { preset } from '../../src/models/models.ts'
import { count } from '../../src/nn/spec.ts'

const text = await readFile('docs/interchange.md', 'utf8')
const prose = text.replaceAll(/\s+/g, ' ')

t.test('its commands have flags that there are, with values that are read', async (t) => {
  const lines = [...text.matchAll(/^npm run convert -- (.*?)(?:\s+#.*)?$/gm)].map(([, line = '']) => line)
  t.ok(lines.length >= 7)
  for (const line of lines) {
    const said = Object.fromEntries(
      [...line.matchAll(/--(\S+) (\S+)/g)].map(([, name = '', value]) => [keyOf(`--${name}`), value]),
    )
    for (const key of Object.keys(said))
      t.ok(
        flagsOf('convert').some((flag) => keyOf(flag) === key),
        key,
      )
    const read = decodeOptions('convert', said)
    t.ok(E.isRight(read), E.isLeft(read) ? read.left : line)
  }
})

t.test('its table has every layout, and example names that one of its models has', async (t) => {
  const rows = [...text.matchAll(/^\| `(\w+)`(?: \([^)]*\))? \|[^|]*\| (.*?) \|$/gm)]
  t.same(rows.map(([, name]) => name).sort(), [...layouts.map(({ name }) => name), 'onnx'].sort())
  const names = new Set(
    layouts.flatMap((layout) =>
      ['latent-xl', 'kl-f8'].flatMap((name) => {
        const model = preset(name)
        const tensors = E.isRight(model) ? (layout.tensors(model.right) ?? []) : []
        const prefixes = [layout.prefixes('average')[0], layout.prefixes('theta')[0]]
        return [...prefixes, ...prefixes.flatMap((prefix) => tensors.map((one) => `${prefix}${one.name}`))]
      }),
    ),
  )
  for (const [, , cell = ''] of rows)
    for (const [, name = ''] of cell.matchAll(/`([^`]+)`/g)) t.ok(names.has(name), name)
})

t.test('its numbers are those of the code', async (t) => {
  t.match(prose, `(${sliceBytes / 2 ** 20} MiB)`)
  t.match(prose, `Opset ${opset},`)
  t.match(prose, `more than ${mostEmbedded / 2 ** 30} GiB`)
  const parameters = ['latent-xl', 'kl-f8'].map((name) => {
    const model = preset(name)
    return E.isRight(model) ? count(model.right.spec).toLocaleString('en') : model.left
  })
  t.match(prose, `(${parameters.join(' and ')} parameters;`)
  t.ok('interchange' in manifest.scripts && calls.weights.about.default === 'average')
})
