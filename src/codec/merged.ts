/** Deep merging of values over defaults. */
import * as t from 'io-ts'

/** Merges records field by field, recursively; any other value, including null and lists, replaces the base. */
export const merged = (base: unknown, said: unknown): unknown =>
  t.UnknownRecord.is(base) && t.UnknownRecord.is(said)
    ? {
        ...base,
        ...Object.fromEntries(
          Object.entries(said).map(([k, v]) => [k, Object.hasOwn(base, k) ? merged(base[k], v) : v]),
        ),
      }
    : said

/** Nested records from values by path. */
export const nested = (entries: readonly (readonly [path: readonly string[], value: unknown])[]): unknown =>
  entries
    .map(([path, value]) => path.reduceRight((inner: unknown, name) => ({ [name]: inner }), value))
    .reduce(merged, {})

/** The value at a path; undefined if there is none. */
export const at = (u: unknown, path: readonly string[]): unknown =>
  path.reduce(
    (inner: unknown, name) => (t.UnknownRecord.is(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    u,
  )
