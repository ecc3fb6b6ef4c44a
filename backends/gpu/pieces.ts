/** Values that are put together from pieces: boxes whose elements lie side by side in values of their own. */
import { type At, mostArguments, type Recorder } from './calls.ts'
import { gatherCode } from './source.ts'
import { covers, runOf, type StoredElements } from './store.ts'

export interface Piece {
  readonly box: StoredElements
  readonly value: number
}

/** Neighbouring runs in groups, none larger than an argument list; null where the pieces are no gapless run. */
const neighbours = (pieces: readonly Piece[]): readonly (readonly Piece[])[] | null => {
  const runs = pieces.flatMap((piece) => {
    const run = runOf(piece.box)
    return run === null ? [] : [{ piece, ...run }]
  })
  const sorted = runs.toSorted((a, b) => a.from - b.from)
  const tight = sorted.every((r, i) => i === 0 || r.from === sorted[i - 1]?.to)
  if (runs.length < pieces.length || !tight) return null
  return Array.from({ length: Math.ceil(sorted.length / mostArguments) }, (_, i) =>
    sorted.slice(i * mostArguments, (i + 1) * mostArguments).map((r) => r.piece),
  )
}

/** A group of neighbours as one piece. */
const joined = (group: readonly Piece[], call: Recorder['call'], at: At): Piece => {
  const runs = group.flatMap((p) => runOf(p.box) ?? [])
  const [from, to] = [runs[0]?.from ?? 0, runs.at(-1)?.to ?? 0]
  const boxes = group.map((p) => ({ ...p.box, low: p.box.low - from }))
  const reads = group.map((p) => p.value)
  return {
    box: { low: from, digits: [{ axis: 0, size: to - from, stride: 1 }], reversed: [] },
    value: call(gatherCode(boxes, to - from, 'zero'), reads, to - from, at),
  }
}

/** Several pieces as one value of so many elements, over the old one or over zeros; later ones lie over earlier ones. */
export const assembled = (
  pieces: readonly Piece[],
  elements: number,
  old: number | null,
  at: At,
  call: Recorder['call'],
): number => {
  const gather = (some: readonly Piece[], under: number | null): number => {
    const boxes = some.map((p) => p.box)
    const code = gatherCode(boxes, elements, under === null ? 'zero' : 'old')
    return call(code, [...some.map((p) => p.value), ...(under === null ? [] : [under])], elements, at)
  }
  if (pieces.length > mostArguments) {
    const groups = neighbours(pieces)
    if (groups !== null) {
      const fewer = groups.map((group) => joined(group, call, at))
      return assembled(fewer, elements, old, at, call)
    }
    const first = gather(pieces.slice(0, mostArguments), old)
    return assembled(pieces.slice(mostArguments), elements, first, at, call)
  }
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined && covers(only.box, elements)) return only.value
  return gather(pieces, old)
}
