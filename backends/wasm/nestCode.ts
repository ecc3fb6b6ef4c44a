/**
 * WebAssembly text of a nest's structure: one function `(descriptor, first cell, end cell, scratch)` that any nest of
 * the same structure calls with its own numbers. Independent of plans and regions.
 */
import type { CoreOp, Expression } from '../../src/tensor/expression.ts'
import { combined, steps, write } from './expression.ts'
import type { Madd } from './math.ts'
import type { NestShape } from './nest.ts'
import { add, type Body, bump, func, get, i32, load, loopWhile, min, mul, rem, repeat, set } from './wat.ts'

/** The position of each number of the descriptor, in words; the order of `NestPlan.words`. */
const layout = (s: NestShape) => {
  const sizes = 4
  const loops = s.outer + s.inner + s.reduced
  const operand = (j: number): number => sizes + loops + j * (loops + 2)
  return {
    outerSize: (i: number) => sizes + i,
    innerSize: (i: number) => sizes + s.outer + i,
    reducedSize: (i: number) => sizes + s.outer + s.inner + i,
    base: operand,
    outerStride: (j: number, i: number) => operand(j) + 1 + i,
    innerStride: (j: number, i: number) => operand(j) + 1 + s.outer + i,
    reducedStride: (j: number, i: number) => operand(j) + 1 + s.outer + s.inner + i,
    vectorStride: (j: number) => operand(j) + 1 + loops,
  }
}

const isOperation = (e: Expression, op: CoreOp): boolean => e.kind === 'core' && e.op === op

export const nestFunction = (name: string, s: NestShape, madd: Madd): string =>
  func(name, ['$d', '$r0', '$r1', '$s'], (body) => {
    const at = layout(s)
    const word = (i: number): string => load(get('$d'), 4 * i)
    const cached = new Map<number, string>()
    const known = (i: number): string => {
      const id = cached.get(i) ?? body.local('i32')
      if (!cached.has(i)) body.line(set(id, word(i)))
      cached.set(i, id)
      return get(id)
    }
    const loads = s.operands.length - 1
    const all = s.operands.map((_, j) => j)
    const moving = all.filter((j) => s.operands[j]?.step !== 'still')
    // every stride that the loops need is read once
    const strides = all.map((j) => (s.operands[j]?.step === 'stride' ? known(at.vectorStride(j)) : i32(4)))
    const multiples = strides.map((x, j) =>
      s.operands[j]?.step === 'stride'
        ? [i32(0), x, body.let('i32', mul(x, i32(2))), body.let('i32', mul(x, i32(3)))]
        : [],
    )
    const by = (j: number, elements: number): string =>
      s.operands[j]?.step === 'next' ? i32(4 * elements) : mul(strides[j] ?? '', i32(elements))
    const pointers = all.map(() => body.local('i32'))
    const list = steps(s.expression, (operand) =>
      s.style === 'map'
        ? s.operands[operand]?.step === 'still'
        : s.style === 'kept'
          ? s.operands[operand]?.reduced.every((m) => !m) === true
          : s.operands[operand]?.step === 'still' && s.operands[operand].reduced.every((m) => !m),
    )
    const root = list.length - 1
    const rootStep = list[root]
    const fuse =
      s.fold !== null &&
      isOperation(s.fold.combine, 'add') &&
      rootStep?.still === false &&
      isOperation(rootStep.expression, 'mul')
    const { copies } = s

    const read =
      (at: readonly string[], single: boolean) =>
      (copy: number, j: number): string => {
        const p = get(at[j] ?? '')
        const step = s.operands[j]?.step
        if (single || step === 'still') return `(v128.load32_splat ${p})`
        if (step === 'next') return `(v128.load offset=${16 * copy} align=4 ${p})`
        const start = copy === 0 ? p : add(p, by(j, 4 * copy))
        return [1, 2, 3].reduce(
          (v, lane) => `(v128.load32_lane align=4 ${lane} ${add(start, multiples[j]?.[lane] ?? '')} ${v})`,
          `(v128.load32_zero ${start})`,
        )
      }
    const put = (at: readonly string[], copy: number, value: string, single: boolean): void => {
      const p = get(at[loads] ?? '')
      const step = s.operands[loads]?.step
      if (single || step === 'still') body.line(`(v128.store32_lane align=4 0 ${p} ${value})`)
      else if (step === 'next') body.line(`(v128.store offset=${16 * copy} align=4 ${p} ${value})`)
      else
        for (const lane of [0, 1, 2, 3]) {
          const start = copy === 0 ? p : add(p, by(loads, 4 * copy))
          const where = lane === 0 ? start : add(start, multiples[loads]?.[lane] ?? '')
          body.line(`(v128.store32_lane align=4 ${lane} ${where} ${value})`)
        }
    }
    const copy = (from: readonly string[], which: readonly number[]): readonly string[] =>
      from.map((p, j) => {
        if (!which.includes(j)) return p
        const q = body.local('i32')
        body.line(set(q, get(p)))
        return q
      })

    /** Sums of a block, and of all blocks; without blocks they are the same. */
    interface Sums {
      readonly ofBlock: readonly string[]
      readonly ofAll: readonly string[]
    }
    /** Runs a loop in blocks, each with separate sums, which are added to the total. */
    const inBlocks = ({ ofBlock, ofAll }: Sums, size: string, run: (steps: string) => void): void => {
      const [left, taken] = body.locals('i32', 2)
      body.line(set(left, size))
      loopWhile(body, get(left), () => {
        body.line(set(taken, min(get(left), known(3))))
        clear(ofBlock)
        run(get(taken))
        ofAll.forEach((all, i) => {
          body.line(set(all, join(get(all), get(ofBlock[i] ?? ''))))
        })
        bump(body, left, `(i32.sub (i32.const 0) ${get(taken)})`)
      })
    }

    /** Loops around `inside`, with separate pointers for what they move. */
    const loops = (
      from: readonly string[],
      level: number,
      rank: number,
      kind: 'inner' | 'reduced',
      inside: (at: readonly string[]) => void,
      sums: Sums | null = null,
    ): void => {
      if (level === rank) {
        inside(from)
        return
      }
      const moved = all.filter((j) => s.operands[j]?.[kind][level] === true && (kind === 'inner' || j < loads))
      const own = copy(from, moved)
      const [size, stride] =
        kind === 'inner'
          ? [word(at.innerSize(level)), (j: number) => word(at.innerStride(j, level))]
          : [word(at.reducedSize(level)), (j: number) => word(at.reducedStride(j, level))]
      const run = (steps: string): void =>
        repeat(body, steps, () => {
          loops(own, level + 1, rank, kind, inside, sums)
          for (const j of moved) bump(body, own[j] ?? '', stride(j))
        })
      if (sums !== null && level === s.blocked) inBlocks(sums, size, run)
      else run(size)
    }

    /** Runs the vector axis in chunks of `copies` vectors, then single vectors, then elements. */
    const vectors = (
      from: readonly string[],
      length: string,
      which: readonly number[],
      chunk: (at: readonly string[], count: number, single: boolean) => void,
      sums: Sums | null = null,
    ): void => {
      const q = copy(from, which)
      const left = body.local('i32')
      const along = (elements: string): void => {
        body.line(set(left, elements))
        const run = (elements: number, count: number, single: boolean): void =>
          loopWhile(body, `(i32.ge_s ${get(left)} ${i32(elements)})`, () => {
            chunk(q, count, single)
            for (const j of which) bump(body, q[j] ?? '', by(j, elements))
            bump(body, left, i32(-elements))
          })
        if (copies > 1) run(4 * copies, copies, false)
        run(4, 1, false)
        run(1, 1, true)
      }
      if (sums !== null && s.blocked === s.reduced) inBlocks(sums, length, along)
      else along(length)
    }

    const start = (): string => body.splat(s.fold?.start ?? 0)
    const join = (a: string, b: string): string => (s.fold === null ? a : combined(body, madd, s.fold.combine, [a, b]))
    const clear = (sums: readonly string[]): void => {
      for (const sum of sums) body.line(set(sum, start()))
    }
    const sumsOf = (count: number): Sums => {
      const named = (): readonly string[] => Array.from({ length: count }, () => body.local('v128'))
      const ofAll = named()
      clear(ofAll)
      return { ofAll, ofBlock: s.blocked === null ? ofAll : named() }
    }
    const accumulate = (sum: string, values: readonly string[]): void => {
      const [a = 0, b = 0] = rootStep?.args ?? []
      const value = fuse ? madd(values[a] ?? '', values[b] ?? '', get(sum)) : join(get(sum), values[root] ?? '')
      body.line(set(sum, value))
    }
    const skip = (i: number): boolean => fuse && i === root

    const compute = (from: readonly string[], length: string): void => {
      if (s.style === 'map') {
        const hoisted: string[] = []
        write(body, madd, list, true, [hoisted], read(from, true))
        vectors(from, length, moving, (at, count, single) => {
          const values = Array.from({ length: count }, () => [...hoisted])
          write(body, madd, list, false, values, read(at, single))
          values.forEach((v, c) => {
            put(at, c, v[root] ?? '', single)
          })
        })
      } else if (s.style === 'kept') {
        vectors(from, length, moving, (at, count, single) => {
          const values: string[][] = Array.from({ length: count }, () => [])
          write(body, madd, list, true, values, read(at, single))
          const sums = sumsOf(values.length)
          const fold = (inner: readonly string[]): void => {
            const varying = values.map((v) => [...v])
            write(body, madd, list, false, varying, read(inner, single), skip)
            sums.ofBlock.forEach((sum, c) => {
              accumulate(sum, varying[c] ?? [])
            })
          }
          loops(at, 0, s.reduced, 'reduced', fold, sums)
          sums.ofAll.forEach((sum, c) => {
            put(at, c, get(sum), single)
          })
        })
      } else {
        const hoisted: string[] = []
        write(body, madd, list, true, [hoisted], read(from, true))
        // the remaining elements, which do not fill a vector
        const sums = sumsOf(copies + 1)
        const tail = (of: readonly string[]): string => of[copies] ?? ''
        const fold = (at: readonly string[], count: number, single: boolean): void => {
          const values = Array.from({ length: count }, () => [...hoisted])
          write(body, madd, list, false, values, read(at, single), skip)
          values.forEach((v, c) => {
            accumulate(single ? tail(sums.ofBlock) : (sums.ofBlock[c] ?? ''), v)
          })
        }
        const which = moving.filter((j) => j < loads)
        loops(from, 0, s.reduced, 'reduced', (inner) => vectors(inner, known(2), which, fold, sums), sums)
        put(from, 0, total(body, sums.ofAll.slice(0, copies).map(get), get(tail(sums.ofAll)), join), true)
      }
    }

    for (const j of all) for (let i = 0; i < s.outer; i++) if (s.operands[j]?.outer[i]) known(at.outerStride(j, i))
    for (let i = 1; i < s.outer; i++) known(at.outerSize(i))
    for (const j of all) known(at.base(j))
    known(2)
    if (s.blocked !== null) known(3)
    if (s.split) [0, 1].forEach(known)

    const cell = '$r0'
    loopWhile(body, `(i32.lt_s ${get(cell)} ${get('$r1')})`, () => {
      const left = body.local('i32')
      const index = body.local('i32')
      const length = body.local('i32')
      body.line(set(left, get(cell)))
      all.forEach((j) => {
        body.line(set(pointers[j] ?? '', known(at.base(j))))
      })
      body.line(set(length, known(2)))
      if (s.split) {
        body.line(set(index, mul(rem(get(left), known(0)), known(1))))
        body.line(set(left, `(i32.div_u ${get(left)} ${known(0)})`))
        for (const j of moving) bump(body, pointers[j] ?? '', mul(get(index), strides[j] ?? ''))
        body.line(set(length, min(known(1), `(i32.sub ${known(2)} ${get(index)})`)))
      }
      for (let i = s.outer - 1; i >= 0; i--) {
        body.line(set(index, i > 0 ? rem(get(left), known(at.outerSize(i))) : get(left)))
        if (i > 0) body.line(set(left, `(i32.div_u ${get(left)} ${known(at.outerSize(i))})`))
        for (const j of all)
          if (s.operands[j]?.outer[i]) bump(body, pointers[j] ?? '', mul(get(index), known(at.outerStride(j, i))))
      }
      loops(pointers, 0, s.inner, 'inner', (from) => compute(from, get(length)))
      bump(body, cell, i32(1))
    })
  })

/** Combines partial results in a fixed order; of `tail` only the first lane counts. */
const total = (body: Body, sums: readonly string[], tail: string, join: (a: string, b: string) => string): string => {
  const v = (value: string): string => body.let('v128', value)
  const halves = (xs: readonly string[]): string => {
    const [only = ''] = xs
    if (xs.length === 1) return only
    const h = xs.length / 2
    return v(join(halves(xs.slice(0, h)), halves(xs.slice(h))))
  }
  const four = halves(sums)
  const two = v(join(four, `(i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 ${four} ${four})`))
  const one = v(join(two, `(i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 ${two} ${two})`))
  return v(join(one, tail))
}
