/** The card of a file: its metadata, and README.md in words. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { cardOf, modelOfFile } from '../../src/interchange/card.ts'
import { parametersLayout } from '../../src/interchange/layouts.ts'
import { modelCard } from '../../src/interchange/modelCard.ts'
import { models, preset } from '../../src/models/models.ts'

const found = preset('image-s')
if (E.isLeft(found)) throw new Error(found.left)
const model = found.right
const layout = { name: 'parameters', about: 'names of parameters' }

t.test('metadata keep what a source said of its training, not what only a checkpoint is', async (t) => {
  const kept = {
    step: '3',
    images: '12',
    seconds: '4.5',
    settings: '{}',
    classes: '["a"]',
    fingerprint: 'f',
    mine: 'x',
  }
  const own = {
    sha256: 's',
    run: 'r',
    key: 'k',
    gridSeconds: '1',
    done: '',
    cooldown: '',
    config: '{}',
    format: 'theirs',
  }
  t.strictSame(cardOf(model, layout, 'theta', { ...kept, ...own, layout: 'old', weights: 'average', model: '{}' }), {
    ...kept,
    format: 'diffit parameters 1',
    layout: 'parameters',
    weights: 'theta',
    model: JSON.stringify(model.config),
  })
})

t.test('a card says the configuration of its model, whatever else its source was configured by', async (t) => {
  const metadata = { model: JSON.stringify(model.config), config: JSON.stringify({ model: 'latent' }) }
  const read = modelOfFile({ metadata, shapes: new Map() }, parametersLayout, null, models)
  t.same(E.map((one: typeof model) => one.config)(read), E.right(model.config))
})

t.test('README.md says what is known, each under its name, and how the file is loaded', async (t) => {
  const metadata = {
    ...{ step: '3', images: '12', seconds: '4.5', fingerprint: 'f00' },
    ...{ classes: '["a","b"]', latent_scale: '{"mean":[0],"std":[2]}', settings: '{"seed":1}' },
  }
  const card = modelCard({ file: 'm.safetensors', model, layout, weights: 'average', metadata })
  const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``
  t.equal(
    card,
    [
      '---\nlibrary_name: diffit\ntags:\n- image\n---',
      '# image',
      [
        '| | |\n|---|---|',
        '| Model | image, 4,018,923 parameters |',
        '| File | `m.safetensors`, names of parameters |',
        '| Weights | the average of the parameters (EMA) |',
        '| Steps of training | 3 |',
        '| Images seen | 12 |',
        '| Seconds of training | 5 |',
        '| Fingerprint of the data | f00 |',
      ].join('\n'),
      '## Loading',
      [
        '```ts',
        "import { loadParameters } from 'diffit/interchange'",
        '',
        "const loaded = await loadParameters('m.safetensors')() // Right: { model, theta, metadata }",
        '```',
      ].join('\n'),
      '## Configuration',
      json(model.config),
      '## Classes',
      json(['a', 'b']),
      '## Scale of the latents',
      json({ mean: [0], std: [2] }),
      '## Settings of the training',
      json({ seed: 1 }),
    ].join('\n\n'),
  )
})

t.test('of ONNX nothing is said of loading, and of an unknown training nothing', async (t) => {
  const card = modelCard({ file: 'm.onnx', model, layout: null, weights: 'theta', metadata: {} })
  t.same([...card.matchAll(/^#+ .*$/gm)].flat(), ['# image', '## Configuration'])
  t.same([...card.matchAll(/^\| (\w+) \| (.*) \|$/gm)].map(([, name, value]) => [name, value]).slice(1), [
    ['File', '`m.onnx`, ONNX'],
    ['Weights', 'the last parameters'],
  ])
})
