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

const [own = '', source = ''] = [import.meta.url, new URL('../', import.meta.url).href]
const plain = (url: string): string => decodeURIComponent(url.replace(/^file:\/\//, ''))
const ours = [own, ...rooms.map((room) => `${source}${room}/`)].flatMap((url) => [url, plain(url)])

/** `/home/me/layer.ts:12:9`: the innermost line outside of this package's engine, null if there is none. */
export const lineOf = (built: Error): string | null => {
  const places = (built.stack ?? '').split('\n').flatMap((line) => /([^\s()@]+:\d+:\d+)\)?$/.exec(line)?.[1] ?? [])
  const line = places.find((place) => !ours.some((prefix) => place.startsWith(prefix)) && !place.startsWith('node:'))
  return line === undefined ? null : plain(line)
}
