/** Mutations of text with lines, names and numbers: YAML settings, and the JSON in a safetensors header. */
import fc from 'fast-check'
import { evenly } from '../../evenly.ts'

export type TextChange = (text: string) => string

/** Values that a number, a name or a size may be replaced by. */
const yamlScalars = [
  ...[
    '.nan',
    '.inf',
    '-.inf',
    '1e999',
    '-1',
    '0',
    '-0',
    '1e-320',
    '9007199254740993',
    '0x7fffffff',
    '0o17',
    '1_000',
    '1:30',
  ],
  ...[
    'null',
    '~',
    'true',
    'yes',
    '""',
    "''",
    '"a\\nb"',
    '"\\0"',
    '"\\ud800"',
    '[]',
    '{}',
    '[1, 2]',
    '{a: 1}',
    '- 1',
    '*x',
    '&x 1',
  ],
  ...[
    '!!binary aGk=',
    '!!set {a}',
    '!!omap [a: 1]',
    '!!timestamp 2001-12-14',
    '!!int "3"',
    '!!float .5',
    '!x y',
    '!!str 1',
  ],
  ...[
    '|\n  a\n  b',
    '>\n  folded',
    '? complex\n: key',
    '<<: *x',
    '@bad',
    '`bad',
    '%bad',
    '"open',
    "'open",
    '{open',
    '[open',
  ],
  ...['2001-12-14t21:59:43.10-05:00', '\u2028', '\ufeff', '\u0007', '\t', '9'.repeat(5000), 'x'.repeat(100_000)],
]
const jsonScalars = [
  ...[
    '-1',
    '0',
    '1e999',
    '-0',
    '1.5',
    '9007199254740993',
    '4294967296',
    '1e308',
    'null',
    'true',
    '""',
    '[]',
    '{}',
    '[[[]]]',
  ],
  ...[
    '"\\ud800"',
    '"\\u0000"',
    '"F8_E4M3"',
    '"I64"',
    '"BOOL"',
    '9'.repeat(4000),
    `"${'x'.repeat(50_000)}"`,
    '01',
    'NaN',
    "'a'",
  ],
]

const pick = <A>(items: readonly A[], share: number): A | undefined => items[Math.floor(share * items.length)]
const share = evenly(0, 0.999999)

/** Replaces one match of the pattern. */
const oneOf =
  (pattern: RegExp, put: string, at: number): TextChange =>
  (text) => {
    const match = pick([...text.matchAll(pattern)], at)
    return match === undefined ? text : text.slice(0, match.index) + put + text.slice(match.index + match[0].length)
  }

const scalar = (pattern: RegExp, values: readonly string[]): fc.Arbitrary<TextChange> =>
  fc.tuple(fc.constantFrom(...values), share).map(([put, at]) => oneOf(pattern, put, at))

/** Copies or moves line `from` to `to`, with different indentation. */
const lines = fc.tuple(share, share, fc.boolean(), fc.constantFrom(null, '', '  ', '\t', '    ')).map(
  ([from, to, stays, indent]): TextChange =>
    (text) => {
      const all = text.split('\n')
      const moved = pick(all, from)
      if (moved === undefined) return text
      const at = Math.floor(to * all.length)
      const rest = stays ? all : all.filter((line) => line !== moved)
      return [...rest.slice(0, at), indent === null ? moved : indent + moved.trimStart(), ...rest.slice(at)].join('\n')
    },
)

/** Ten aliases of ten aliases of ... */
const bomb = (levels: number): string =>
  Array.from({ length: levels }, (_, i) => {
    const below = i === 0 ? '"lol"' : `*l${i - 1}`
    return `l${i}: &l${i} [${Array.from({ length: 10 }, () => below).join(', ')}]`
  }).join('\n')
const additions = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map(bomb),
  fc.integer({ min: 1, max: 20_000 }).map((n) => `deep: ${'['.repeat(n)}${']'.repeat(n)}`),
  fc.integer({ min: 1, max: 5000 }).map((n) => `model: ${'{a: '.repeat(n)}1${'}'.repeat(n)}`),
  fc.integer({ min: 1, max: 300 }).map((n) => Array.from({ length: n }, (_, i) => `${' '.repeat(i)}a:`).join('\n')),
  fc.integer({ min: 1, max: 100_000 }).map((n) => `${'k'.repeat(n)}: 1`),
  fc.integer({ min: 1, max: 100_000 }).map((n) => `preset: ${'k'.repeat(n)}`),
  fc.integer({ min: 1, max: 3000 }).map((n) => Array.from({ length: n }, (_, i) => `k${i}: ${i}`).join('\n')),
  fc.constantFrom(
    ...[
      'data: &a [*a]',
      'training: &t {batch: *t}',
      'model: &m\n  x: *m',
      '&r\na: *r',
      'preset: &p {p: *p}',
      '"a\\nb": 1',
    ],
    ...[
      'preset: "no\\nsuch"',
      'backend: "no\\nsuch"',
      '__proto__: {batch: 1}',
      'constructor: 1',
      'toString: 2',
      '"": 3',
    ],
    ...[
      '---\na: 1\n---\nb: 2',
      '...',
      '%YAML 9.9\n---',
      '%TAG ! tag:x,2000:\n---',
      '# only a comment',
      '? [a, b]\n: 1',
    ],
    ...['training: {batch: .nan}', 'length: {steps: .inf}', 'seed: 1e400', 'threads: -0', 'model: {image_size: 1e9}'],
    ...['x: !!binary "%%%"', 'x: !!timestamp nope', '<<: {preset: emoji32}', '<<: [a]', '<<: *nothing', 'a: *nothing'],
  ),
)
const addition = fc.tuple(additions, fc.boolean()).map(
  ([put, before]): TextChange =>
    (text) =>
      before ? `${put}\n${text}` : `${text}\n${put}\n`,
)

const several = (one: fc.Arbitrary<TextChange>): fc.Arbitrary<TextChange> =>
  fc
    .oneof(fc.tuple(one), fc.array(one, { minLength: 2, maxLength: 4 }))
    .map((all) => (text) => all.reduce((changed, change) => change(changed), text))

export const yamlChanges = several(
  fc.oneof(
    scalar(/(?<=: )\S.*$/gm, yamlScalars),
    scalar(/\b[A-Za-z_]{1,40}(?=:)/g, [...yamlScalars, 'batch', 'training', 'stpes', 'x'.repeat(3000)]),
    lines,
    addition,
  ),
)

/** Duplicates a key with its value, verbatim or escaped differently. */
const twice = fc.tuple(share, fc.boolean()).map(
  ([at, escaped]): TextChange =>
    (text) => {
      const match = pick([...text.matchAll(/"(\w)(\w*)":("[^"]*"|\[[^\]]*\]|\{[^}]*\})/g)], at)
      const [first, ...rest] = match?.slice(1) ?? []
      if (match === undefined || first === undefined) return text
      const code = first.charCodeAt(0).toString(16).padStart(4, '0')
      const copy = escaped ? `"\\u${code}${rest[0]}":${rest[1]}` : match[0]
      return `${text.slice(0, match.index)}${copy},${text.slice(match.index)}`
    },
)
const nested = fc.integer({ min: 1, max: 50_000 }).map(
  (n): TextChange =>
    (text) =>
      text.replace('{', `{"deep":${'['.repeat(n)}${']'.repeat(n)},`),
)
export const jsonChanges = several(
  fc.oneof(
    scalar(/-?\d+(\.\d+)?/g, jsonScalars),
    scalar(/"[^"]*"/g, [...jsonScalars, '"__metadata__"', '"__proto__"', '"dtype"']),
    scalar(/[{}[\],:]/g, ['', '{', '}', '[', ']', ',', ':', ' ', '\n', '\u0000']),
    twice,
    nested,
  ),
)
