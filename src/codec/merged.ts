/** What is said over what holds where nothing is said. */
import * as t from 'io-ts'

/** Field by field, at every depth; anything else that is said, null and lists too, takes the other's place whole. */
export const merged = (base: unknown, said: unknown): unknown =>
  t.UnknownRecord.is(base) && t.UnknownRecord.is(said)
    ? {
        ...base,
        ...Object.fromEntries(
          Object.entries(said).map(([k, v]) => [k, Object.hasOwn(base, k) ? merged(base[k], v) : v]),
        ),
      }
    : said

/** Records within records, from what stands at each path. */
export const nested = (entries: readonly (readonly [path: readonly string[], value: unknown])[]): unknown =>
  entries
    .map(([path, value]) => path.reduceRight((inner: unknown, name) => ({ [name]: inner }), value))
    .reduce(merged, {})

/** What stands at a path; undefined where nothing does. */
export const at = (u: unknown, path: readonly string[]): unknown =>
  path.reduce(
    (inner: unknown, name) => (t.UnknownRecord.is(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    u,
  )
