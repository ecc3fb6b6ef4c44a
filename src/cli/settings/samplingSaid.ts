/** How samples were drawn, as it stands beside figures, in titles, and in what must not be continued differently. */
import * as t from 'io-ts'
import { named, shown } from '../../codec/codecs.ts'
import { type Settings, standard } from './options.ts'

type Scalar = string | number | boolean | null

/** Settings by their names in the section `sampling`. */
export type SamplingSaid = Readonly<Record<string, Scalar>>

const scalars = t.record(t.string, t.union([t.string, t.number, t.boolean, t.null]))
const given = named<SamplingSaid>('settings by name', scalars.is)

/** Files that are older than the settings do not say them. */
export const samplingSaidCodec = new t.Type<SamplingSaid>(
  given.name,
  given.is,
  (u, c) => (u === undefined ? t.success({}) : given.validate(u, c)),
  t.identity,
)

/** What is always said by itself; the number of columns changes no picture. */
const apart: readonly string[] = ['sampler', 'schedule', 'steps', 'guidance', 'columns']

/** The settings of the section `sampling` that are not their defaults, but for sampler, schedule, steps and guidance. */
export const samplingSaid = (sampling: Settings['sampling']): SamplingSaid => {
  const values = new Map(Object.entries<Scalar>(sampling))
  return Object.fromEntries(
    standard.rows.flatMap(({ path: [section, name = ''], about }) => {
      const value = section === 'sampling' && !apart.includes(name) ? values.get(name) : undefined
      return value === undefined || value === about.default ? [] : [[name, value]]
    }),
  )
}

/** As the end of a sentence: `, guidance_schedule "interval", guidance_high 5`; empty where nothing is to be said. */
export const saidText = (said: SamplingSaid): string =>
  Object.entries(said)
    .map(([name, value]) => `, ${name} ${shown(value)}`)
    .join('')
