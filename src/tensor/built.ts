/**
 * Where a node was built, for traces. A stack costs 6 to 19 microseconds and 1 to 3 kilobytes, and a training step has
 * tens of thousands of nodes; so only nodes that stand on a recorded input (`recorded`) keep one. That is a property of
 * the data, not a mode: a graph that is built again over recorded inputs knows its lines, and no other graph pays.
 */

/** Calls between a line of the user and the node that it builds are a few dozen at most. */
const depth = 64

/** The calls that lead here; their text is made when it is asked for. */
export const stackHere = (): Error => {
  const limit = 'stackTraceLimit' in Error ? Error.stackTraceLimit : undefined
  if (limit === undefined) return new Error()
  Object.assign(Error, { stackTraceLimit: depth })
  const here = new Error()
  Object.assign(Error, { stackTraceLimit: limit })
  return here
}

/** The rooms through which every operation is built. */
const rooms = ['tensor', 'transform', 'plan', 'lower', 'check']

const plain = (url: string): string => decodeURIComponent(url.replace(/^file:\/\//, ''))

/** Where the engine's files are, if this module is at `own`; of a bundle, the folder of the bundle. */
const engineAt = (own: string): readonly string[] => {
  const bundled = !/\/tensor\/built\.[jt]s$/.test(own)
  const folders = bundled ? [new URL('.', own)] : rooms.map((room) => new URL(`../${room}/`, own))
  return folders.flatMap(({ href }) => [href, plain(href)])
}

/** `/home/me/layer.ts:12:9`: the innermost line outside of this package's engine, null if there is none. */
export const lineOf = (built: Error, own: string = import.meta.url): string | null => {
  const ours = engineAt(own)
  const places = (built.stack ?? '').split('\n').flatMap((line) => /([^\s()@]+:\d+:\d+)\)?$/.exec(line)?.[1] ?? [])
  const line = places.find((place) => !ours.some((prefix) => place.startsWith(prefix)) && !place.startsWith('node:'))
  return line === undefined ? null : plain(line)
}
