/**
 * A product as WGSL: a workgroup loads a few terms of the rows and columns of a tile into workgroup memory, whole vectors of
 * four along m and along n, and every lane adds the products of four rows and four columns in registers. Addresses are
 * separable, so that those of rows and columns are computed once a tile. Terms are added in their order, in blocks if they
 * are many: bits do not depend on the shape of tiles.
 */
import type { Contract } from '../../src/plan/kernel.ts'
import { collapse } from '../../src/plan/loop.ts'
import { at } from '../../src/tensor/axes.ts'
import { size } from '../../src/tensor/shape.ts'
import { digitsOf, sumOf } from './indexing.ts'
import { block, lanes, type PlaceOf } from './text.ts'
import { type ProductShape, reach, type Tiling, tilingOf } from './tiling.ts'

interface ProductLoop {
  readonly size: number
  readonly a: number
  readonly b: number
  readonly c: number
}

type Which = 'a' | 'b' | 'c'

/** The loops of a product by what they move: rows of its unit and batch items, rows, columns and terms. */
interface ProductLoops {
  readonly items: readonly ProductLoop[]
  readonly m: readonly ProductLoop[]
  readonly n: readonly ProductLoop[]
  readonly k: readonly ProductLoop[]
}

const count = (loops: readonly ProductLoop[]): number => size(loops.map((l) => l.size))

const loopsOfContract = ({ axes, outer }: Contract, alone: boolean): ProductLoops => {
  const rows = alone ? [] : axes.slice(0, outer)
  const others = alone ? axes : axes.slice(outer)
  const of = (role: string): readonly ProductLoop[] =>
    collapse(
      others.filter((x) => x.role === role),
      (l) => [l.a, l.b, l.c],
    )
  return { items: [...rows, ...of('batch')], m: of('m'), n: of('n'), k: of('k') }
}

/** The shape of the product that one workgroup of so many rows sees; `rows` is null if it stands alone. */
export const shapeOf = (contract: Contract, rows: number | null, rowsAGroup: number): ProductShape => {
  const { items, m, n, k } = loopsOfContract(contract, rows === null)
  return {
    batch: rows === null ? count(items) : (count(items) / rows) * rowsAGroup,
    m: count(m),
    n: count(n),
    k: count(k),
  }
}

/** The address that an index under loops adds in one operand. */
const addressOf = (index: string, loops: readonly ProductLoop[], which: Which, prefix: string) => {
  const { lines, names } = digitsOf(
    index,
    loops.map((l) => l.size),
    prefix,
  )
  return {
    lines,
    address: sumOf(
      0,
      loops.map((l, i): readonly [string, number] => [at(names, i), l[which]]),
    ),
  }
}

interface Side {
  readonly which: 'a' | 'b'
  /** Lanes along m or n, the loops there, and the first result of the tile. */
  readonly along: number
  readonly loops: readonly ProductLoop[]
  readonly first: string
  /** Where its vectors begin in workgroup memory. */
  readonly from: number
}

/** Whether neighbours along the terms are neighbours in memory. */
const runsAlongTerms = (loops: readonly ProductLoop[], which: 'a' | 'b'): boolean =>
  loops.some((l) => Math.abs(l[which]) === 1)

const components = [0, 1, 2, 3] as const

/** Which vectors a lane loads: their places in workgroup memory, and the addresses of their four elements at term 0. */
const slotsOf = (side: Side, { items: p, deep }: Tiling, loops: ProductLoops, base: number, place: string) => {
  const { which, along, from } = side
  const all = p * along * deep
  const slots = Array.from({ length: Math.max(1, all / lanes) }, (_, s) => s)
  const terms = runsAlongTerms(loops.k, which)
  return slots.map((s) => {
    const name = `${which}${s}`
    const index = s === 0 ? 'lane' : `(lane + ${s * lanes}u)`
    const [kk, q] = terms
      ? [`${index} % ${deep}u`, `(${index} / ${deep}u) % ${along}u`]
      : [`(${index} / ${along}u) % ${deep}u`, `${index} % ${along}u`]
    const batch = addressOf(`${name}b`, loops.items, which, `${name}bd`)
    const edges = components.flatMap((i) => {
      const at = addressOf(`${name}m${i}`, side.loops, which, `${name}m${i}d`)
      const bound = count(side.loops) - 1
      return [
        `let ${name}m${i} = min(${side.first} + ${name}q * ${reach}u + ${i}u, ${bound}u);`,
        ...at.lines,
        `let ${name}p${i} = ${name}o + ${at.address};`,
      ]
    })
    const before = [
      `let ${name}k = ${kk};`,
      `let ${name}q = ${q};`,
      `let ${name}i = ${index} / ${along * deep}u;`,
      `let ${name}t = ${from}u + (${name}i * ${deep}u + ${name}k) * ${along}u + ${name}q;`,
      `let ${name}b = min(first + ${name}i, limit - 1u);`,
      ...batch.lines,
      `let ${name}o = ${base}u + ${batch.address};`,
      ...edges,
    ]
    const term = addressOf(`${name}z`, loops.k, which, `${name}zd`)
    const terms_ = count(loops.k)
    const whole = terms_ % deep === 0
    const loaded = `vec4f(${components.map((i) => `${place}[${name}p${i} + ${name}y]`).join(', ')})`
    const inside = [
      whole ? `let ${name}z = k + ${name}k;` : `let ${name}z = min(k + ${name}k, ${terms_ - 1}u);`,
      ...term.lines,
      `let ${name}y = ${term.address};`,
      `tile[${name}t] = ${whole ? loaded : `select(vec4f(), ${loaded}, k + ${name}k < ${terms_}u)`};`,
    ]
    return { before, inside: all < lanes ? block(`if (lane < ${all}u)`, inside) : inside }
  })
}

/** Terms that are added before their sum joins the others. */
const blockOfTerms = 256

const fourRows = (to: string): readonly string[] => components.map((i) => `var ${to}${i} = vec4f();`)

/** The loop over terms: load, wait, multiply, wait. */
const termsCode = (
  slots: readonly { readonly inside: readonly string[] }[],
  { deep, high, wide, items }: Tiling,
  terms: number,
): readonly string[] => {
  const multiply = [
    `let x = tile[(item * ${deep}u + j) * ${high}u + row];`,
    `let y = tile[${items * high * deep}u + (item * ${deep}u + j) * ${wide}u + column];`,
    ...components.map((i) => `s${i} = fma(vec4f(x.${'xyzw'[i]}), y, s${i});`),
  ]
  const step = [
    ...slots.flatMap((s) => s.inside),
    'workgroupBarrier();',
    ...block(`for (var j = 0u; j < ${deep}u; j++)`, multiply),
    'workgroupBarrier();',
  ]
  if (terms <= blockOfTerms) return [...fourRows('s'), ...block(`for (var k = 0u; k < ${terms}u; k += ${deep}u)`, step)]
  return [
    ...fourRows('s'),
    ...fourRows('u'),
    ...block(`for (var k = 0u; k < ${terms}u; k += ${deep}u)`, [
      ...step,
      ...block(`if (k % ${blockOfTerms}u == ${blockOfTerms - deep}u)`, [
        ...components.flatMap((i) => [`u${i} += s${i};`, `s${i} = vec4f();`]),
      ]),
    ]),
    ...components.map((i) => `s${i} += u${i};`),
  ]
}

/** The results of a lane that are inside of the product. */
const storeCode = (loops: ProductLoops, c: { readonly offset: number; readonly name: string }): readonly string[] => {
  const [m, n] = [count(loops.m), count(loops.n)]
  const batch = addressOf('cb', loops.items, 'c', 'cbd')
  const columns = components.flatMap((j) => {
    const to = addressOf(`cn${j}`, loops.n, 'c', `cn${j}d`)
    return [`let cn${j} = columns + ${j}u;`, ...to.lines, `let cy${j} = ${to.address};`]
  })
  const rows = components.flatMap((i) => {
    const write = (j: number): string => `${c.name}[cx + cy${j}] = s${i}.${'xyzw'[j]};`
    const to = addressOf(`cm${i}`, loops.m, 'c', `cm${i}d`)
    return [
      `let cm${i} = rows + ${i}u;`,
      ...block(`if (cm${i} < ${m}u)`, [
        ...to.lines,
        `let cx = co + ${to.address};`,
        ...(n % reach === 0
          ? block(`if (cn0 < ${n}u)`, components.map(write))
          : components.map((j) => `if (cn${j} < ${n}u) { ${write(j)} }`)),
      ]),
    ]
  })
  return block('if (first + item < limit)', [
    'let cb = first + item;',
    ...batch.lines,
    `let co = ${c.offset}u + ${batch.address};`,
    ...columns,
    ...rows,
  ])
}

export interface TileCode {
  readonly groups: number
  readonly body: readonly string[]
  /** Vectors of workgroup memory. */
  readonly tile: number
}

/**
 * @param rows of the unit that it shares with others; null if it stands alone
 * @param rowsAGroup rows of one workgroup
 */
export const tileCode = (contract: Contract, place: PlaceOf, rows: number | null, rowsAGroup: number): TileCode => {
  const loops = loopsOfContract(contract, rows === null)
  const shape = shapeOf(contract, rows, rowsAGroup)
  const tiling = tilingOf(shape)
  const { items, high, wide, deep, down, across, groups } = tiling
  const operand = (which: Which) => {
    const { arena, offset } = place(contract[which].buffer)
    return { name: `a${arena}`, offset: offset + contract[which].offset }
  }
  const [a, b, c] = [operand('a'), operand('b'), operand('c')]
  const slots = [
    ...slotsOf(
      { which: 'a', along: high, loops: loops.m, first: 'firstRow', from: 0 },
      tiling,
      loops,
      a.offset,
      a.name,
    ),
    ...slotsOf(
      { which: 'b', along: wide, loops: loops.n, first: 'firstColumn', from: items * high * deep },
      tiling,
      loops,
      b.offset,
      b.name,
    ),
  ]
  const all = count(loops.items)
  const own = [
    `let first = ${rows === null ? '' : `w * ${shape.batch}u + `}(t / ${down * across}u) * ${items}u;`,
    `let limit = ${rows === null || all % shape.batch === 0 ? (rows === null ? `${all}u` : `w * ${shape.batch}u + ${shape.batch}u`) : `min(w * ${shape.batch}u + ${shape.batch}u, ${all}u)`};`,
    `let firstRow = ((t / ${across}u) % ${down}u) * ${reach * high}u;`,
    `let firstColumn = (t % ${across}u) * ${reach * wide}u;`,
    `let item = lane / ${high * wide}u;`,
    `let row = (lane / ${wide}u) % ${high}u;`,
    `let column = lane % ${wide}u;`,
    'let rows = firstRow + row * 4u;',
    'let columns = firstColumn + column * 4u;',
  ]
  const tileBody = [
    ...own,
    ...slots.flatMap((s) => s.before),
    ...termsCode(slots, tiling, shape.k),
    ...storeCode(loops, c),
  ]
  const tiles = groups * down * across
  const body =
    rows === null
      ? ['let t = w;', ...tileBody]
      : tiles === 1
        ? ['let t = 0u;', ...tileBody]
        : block(`for (var t = 0u; t < ${tiles}u; t++)`, tileBody)
  return { groups: rows === null ? tiles : Math.ceil(rows / rowsAGroup), body, tile: items * (high + wide) * deep }
}
