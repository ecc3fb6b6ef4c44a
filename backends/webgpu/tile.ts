/**
 * A product as WGSL: a workgroup loads a few terms of the rows and columns of a tile into workgroup memory, whole vectors of
 * four along m and along n, and every lane adds the products of four rows and four columns in registers. Addresses are
 * separable, so that those of rows and columns are computed once a tile. Terms are added in their order, in blocks if they
 * are many: bits do not depend on the shape of tiles.
 */
import type { Contract } from '../../src/plan/kernel.ts'
import { addressOf, countOf, loopsOfContract, type ProductLoop, type ProductLoops, shapeOf } from './productLoops.ts'
import { block, lanes, type PlaceOf } from './text.ts'
import { reach, type Tiling, tilingOf } from './tiling.ts'
import type { RowGroups } from './units.ts'

const components = [0, 1, 2, 3] as const
const letters = ['x', 'y', 'z', 'w'] as const

/** An operand's array and the first element in it. */
interface Source {
  readonly name: string
  readonly offset: number
}

/** An operand that is loaded into workgroup memory. */
interface Side {
  readonly which: 'a' | 'b'
  readonly source: Source
  /** Lanes along m or n, the loops there, and the first result of the tile. */
  readonly along: number
  readonly loops: readonly ProductLoop[]
  readonly first: string
  /** Where its vectors begin in workgroup memory. */
  readonly from: number
}

/** Statements before the loop over terms, and in it. */
interface Loading {
  readonly before: readonly string[]
  readonly inside: readonly string[]
}

/** A vector that each lane loads: its place in workgroup memory, and the addresses of its four elements at term 0. */
const loadingOf = (side: Side, { items, deep }: Tiling, loops: ProductLoops, slot: number): Loading => {
  const { which, source, along, first, from } = side
  const name = `${which}${slot}`
  const index = slot === 0 ? 'lane' : `(lane + ${slot * lanes}u)`
  /** Neighbours among the lanes are neighbours in memory. */
  const alongTerms = loops.k.some((l) => Math.abs(l[which]) === 1)
  const [term, vector] = alongTerms
    ? [`${index} % ${deep}u`, `(${index} / ${deep}u) % ${along}u`]
    : [`(${index} / ${along}u) % ${deep}u`, `${index} % ${along}u`]
  const batch = addressOf(`${name}b`, loops.items, which, `${name}bd`)
  const elements = components.flatMap((i) => {
    const { lines, address } = addressOf(`${name}m${i}`, side.loops, which, `${name}m${i}d`)
    return [
      `let ${name}m${i} = min(${first} + ${name}q * ${reach}u + ${i}u, ${countOf(side.loops) - 1}u);`,
      ...lines,
      `let ${name}p${i} = ${name}o + ${address};`,
    ]
  })
  const { lines, address } = addressOf(`${name}z`, loops.k, which, `${name}zd`)
  const terms = countOf(loops.k)
  const even = terms % deep === 0
  const loaded = `vec4f(${components.map((i) => `${source.name}[${name}p${i} + ${name}y]`).join(', ')})`
  const load = [
    even ? `let ${name}z = k + ${name}k;` : `let ${name}z = min(k + ${name}k, ${terms - 1}u);`,
    ...lines,
    `let ${name}y = ${address};`,
    `tile[${name}t] = ${even ? loaded : `select(vec4f(), ${loaded}, k + ${name}k < ${terms}u)`};`,
  ]
  const vectors = items * along * deep
  return {
    before: [
      `let ${name}k = ${term};`,
      `let ${name}q = ${vector};`,
      `let ${name}i = ${index} / ${along * deep}u;`,
      `let ${name}t = ${from}u + (${name}i * ${deep}u + ${name}k) * ${along}u + ${name}q;`,
      `let ${name}b = min(first + ${name}i, limit - 1u);`,
      ...batch.lines,
      `let ${name}o = ${source.offset}u + ${batch.address};`,
      ...elements,
    ],
    inside: vectors < lanes ? block(`if (lane < ${vectors}u)`, load) : load,
  }
}

/** All vectors of a side, as many for every lane. */
const loadingsOf = (side: Side, tiling: Tiling, loops: ProductLoops): readonly Loading[] => {
  const vectors = tiling.items * side.along * tiling.deep
  return Array.from({ length: Math.max(1, vectors / lanes) }, (_, slot) => loadingOf(side, tiling, loops, slot))
}

/** Terms that are added before their sum joins the others. */
const blockOfTerms = 256

const fourRows = (to: string): readonly string[] => components.map((i) => `var ${to}${i} = vec4f();`)

/** The loop over terms: load, wait, multiply, wait. */
const termsCode = (
  loadings: readonly Loading[],
  { deep, high, wide, items }: Tiling,
  terms: number,
): readonly string[] => {
  const multiply = [
    `let x = tile[(item * ${deep}u + j) * ${high}u + row];`,
    `let y = tile[${items * high * deep}u + (item * ${deep}u + j) * ${wide}u + column];`,
    ...components.map((i) => `s${i} = fma(vec4f(x.${letters[i]}), y, s${i});`),
  ]
  const step = [
    ...loadings.flatMap((l) => l.inside),
    'workgroupBarrier();',
    ...block(`for (var j = 0u; j < ${deep}u; j++)`, multiply),
    'workgroupBarrier();',
  ]
  const over = `for (var k = 0u; k < ${terms}u; k += ${deep}u)`
  if (terms <= blockOfTerms) return [...fourRows('s'), ...block(over, step)]
  return [
    ...fourRows('s'),
    ...fourRows('u'),
    ...block(over, [
      ...step,
      ...block(`if (k % ${blockOfTerms}u == ${blockOfTerms - deep}u)`, [
        ...components.flatMap((i) => [`u${i} += s${i};`, `s${i} = vec4f();`]),
      ]),
    ]),
    ...components.map((i) => `s${i} += u${i};`),
  ]
}

/** The results of a lane that are inside of the product. */
const storeCode = (loops: ProductLoops, c: Source): readonly string[] => {
  const [m, n] = [countOf(loops.m), countOf(loops.n)]
  const batch = addressOf('cb', loops.items, 'c', 'cbd')
  const columns = components.flatMap((j) => {
    const to = addressOf(`cn${j}`, loops.n, 'c', `cn${j}d`)
    return [`let cn${j} = columns + ${j}u;`, ...to.lines, `let cy${j} = ${to.address};`]
  })
  const rows = components.flatMap((i) => {
    const write = (j: (typeof components)[number]): string => `${c.name}[cx + cy${j}] = s${i}.${letters[j]};`
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

/** The batch items that a workgroup may meet: what its first one is added to, and the end of them. */
const itemsOf = (all: number, each: number, alone: boolean): { readonly from: string; readonly end: string } => {
  if (alone) return { from: '', end: `${all}u` }
  const end = `w * ${each}u + ${each}u`
  return { from: `w * ${each}u + `, end: all % each === 0 ? end : `min(${end}, ${all}u)` }
}

/** Tile `t`: alone, each workgroup has one; in a unit, it computes all of its rows. */
const overTiles = (tiles: number, alone: boolean, body: readonly string[]): readonly string[] => {
  if (alone) return ['let t = w;', ...body]
  return tiles === 1 ? ['let t = 0u;', ...body] : block(`for (var t = 0u; t < ${tiles}u; t++)`, body)
}

export interface TileCode {
  readonly groups: number
  readonly body: readonly string[]
  /** Vectors of workgroup memory. */
  readonly tile: number
}

/** @param rowGroups of the rows that it shares with other kernels; null if it stands alone */
export const tileCode = (contract: Contract, place: PlaceOf, rowGroups: RowGroups | null): TileCode => {
  const alone = rowGroups === null
  const loops = loopsOfContract(contract, alone)
  const shape = shapeOf(contract, rowGroups)
  const tiling = tilingOf(shape)
  const { items, high, wide, deep, down, across, groups } = tiling
  const sourceOf = ({ buffer, offset }: Contract['a']): Source => {
    const { arena, offset: start } = place(buffer)
    return { name: `a${arena}`, offset: start + offset }
  }
  const [a, b] = [sourceOf(contract.a), sourceOf(contract.b)]
  const loadings = [
    { which: 'a', source: a, along: high, loops: loops.m, first: 'firstRow', from: 0 } as const,
    { which: 'b', source: b, along: wide, loops: loops.n, first: 'firstColumn', from: items * high * deep } as const,
  ].flatMap((side) => loadingsOf(side, tiling, loops))
  const { from, end } = itemsOf(countOf(loops.items), shape.batch, alone)
  const body = [
    `let first = ${from}(t / ${down * across}u) * ${items}u;`,
    `let limit = ${end};`,
    `let firstRow = ((t / ${across}u) % ${down}u) * ${reach * high}u;`,
    `let firstColumn = (t % ${across}u) * ${reach * wide}u;`,
    `let item = lane / ${high * wide}u;`,
    `let row = (lane / ${wide}u) % ${high}u;`,
    `let column = lane % ${wide}u;`,
    'let rows = firstRow + row * 4u;',
    'let columns = firstColumn + column * 4u;',
    ...loadings.flatMap((l) => l.before),
    ...termsCode(loadings, tiling, shape.k),
    ...storeCode(loops, sourceOf(contract.c)),
  ]
  const tiles = groups * down * across
  return {
    groups: alone ? tiles : Math.ceil(rowGroups.rows / rowGroups.each),
    body: overTiles(tiles, alone, body),
    tile: items * (high + wide) * deep,
  }
}
