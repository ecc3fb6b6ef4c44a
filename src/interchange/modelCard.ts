/**
 * README.md beside a file of parameters: its card in words, as hubs of models show one. It says what the metadata say, and how the
 * file is loaded; nothing is said that the source did not know.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { ConfiguredModel } from '../models/model.ts'
import { count } from '../nn/spec.ts'
import type { Metadata } from './card.ts'
import type { Layout } from './layout.ts'

/** The first line of what this package writes: another README.md is someone's own. */
export const frontMatter = '---\nlibrary_name: diffit\n'

/** What is written beside a card. */
export interface Carded {
  /** The name of the file of parameters. */
  readonly file: string
  readonly model: ConfiguredModel
  /** The layout of the file; null for ONNX. */
  readonly layout: Pick<Layout, 'name' | 'about'> | null
  readonly weights: string
  readonly metadata: Metadata
}

/** A value of the metadata as it is shown: JSON on lines of its own, everything else as it stands. */
const shown = (text: string): string =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      () => text,
    ),
    E.map((value) => (typeof value === 'object' ? JSON.stringify(value, null, 2) : text)),
    E.getOrElse((same) => same),
  )

/** Facts of the training, in the words of a table. */
const facts: readonly (readonly [field: string, words: string, shown?: (text: string) => string])[] = [
  ['step', 'Steps of training'],
  ['images', 'Images seen'],
  ['seconds', 'Seconds of training', (seconds) => Number(seconds).toFixed(0)],
  ['fingerprint', 'Fingerprint of the data'],
]

/** Longer ones, each a section. */
const sections: readonly (readonly [field: string, heading: string])[] = [
  ['classes', 'Classes'],
  ['latent_scale', 'Scale of the latents'],
  ['settings', 'Settings of the training'],
]

const block = (text: string): string => `\`\`\`json\n${shown(text)}\n\`\`\``

const loading = (file: string): string =>
  [
    '```ts',
    "import { loadParameters } from 'diffit/interchange'",
    '',
    `const loaded = await loadParameters('${file}')() // Right: { model, theta, metadata }`,
    '```',
  ].join('\n')

/** The text of README.md. */
export const modelCard = ({ file, model, layout, weights, metadata }: Carded): string => {
  const known = facts.flatMap(([field, words, inWords = shown]) => {
    const text = metadata[field]
    return text === undefined ? [] : [[words, inWords(text)]]
  })
  const rows = [
    ['Model', `${model.config.model}, ${count(model.spec).toLocaleString('en')} parameters`],
    ['File', `\`${file}\`, ${layout === null ? 'ONNX' : layout.about}`],
    ['Weights', weights === 'average' ? 'the average of the parameters (EMA)' : 'the last parameters'],
    ...known,
  ]
  return [
    `${frontMatter}tags:\n- ${model.config.model}\n---`,
    `# ${model.config.model}`,
    `| | |\n|---|---|\n${rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n')}`,
    ...(layout === null ? [] : ['## Loading', loading(file)]),
    '## Configuration',
    block(JSON.stringify(model.config)),
    ...sections.flatMap(([field, heading]) => {
      const text = metadata[field]
      return text === undefined ? [] : [`## ${heading}`, block(text)]
    }),
  ].join('\n\n')
}
