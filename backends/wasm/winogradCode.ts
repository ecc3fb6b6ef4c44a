/**
 * WebAssembly text of Winograd's convolutions and of their weight gradients: transforms around products of many small
 * matrices, one a point. Shapes and layouts come from the descriptor that `winogradPlan.ts` makes.
 *
 *   conv:      kernel -> U (a stage of its own, a panel a cell);  strips of x -> V;  V U -> M;  M -> y
 *   gradient:  x -> V and dy -> W (a strip a cell);  V' W -> D (a point a cell);  D -> dkernel (a channel a cell)
 */
import type { Form } from './microkernel.ts'
import { walkNames } from './microkernel.ts'
import { panelWords } from './pack.ts'
import { transform, transformName } from './transformCode.ts'
import { add, type Body, bump, div, func, get, i32, load, loopWhile, min, mul, rem, repeat, set, sub } from './wat.ts'
import { matrices, points, side, type TransformName } from './winogradMatrices.ts'

/** Words of a descriptor, in their order. */
export const winogradFields = [
  'a',
  'b',
  'c',
  'cin',
  'cout',
  /** Strips (rows of blocks) of an image, blocks of a strip, strips that are computed together. */
  'strips',
  'across',
  'together',
  /** Bytes from image to image, strip to strip, block to block, row to row, pixel to pixel. */
  'imageA',
  'stripA',
  'blockA',
  'rowA',
  'pixelA',
  'imageC',
  'stripC',
  'blockC',
  'rowC',
  'pixelC',
  /** Region rows that `times` strips make up. */
  'rows',
  'times',
  /** Panels of the kernel: their number, records, runs of k, bytes a step of k. */
  'panels',
  'panelTable',
  'run',
  'runEnd',
  'stepPack',
  /** Where the packed operands begin, counted from the start of the pack area. */
  'packed',
  'pitchU',
  'pitchV',
  'pitchM',
  /** Tables of rows of V and M (or D), the run of the products. */
  'rowsV',
  'rowsM',
  'product',
  /** The gradient's W and D behind V, and bytes from tap to tap of the kernel. */
  'startW',
  'startD',
  'pitchW',
  'pitchD',
  'tap',
] as const
export type WinogradField = (typeof winogradFields)[number]

const word = (name: WinogradField): string => load(get('$d'), 4 * winogradFields.indexOf(name))
const apply = (name: TransformName, ...args: readonly string[]): string =>
  `(call ${transformName(name)} ${args.join(' ')})`

type PackArea = { readonly packArea: number }
const packed = ({ packArea }: PackArea): string => add(load(i32(packArea)), word('packed'))

/** Runs `write` for every block of strips [from, to), with pointers to its place in x and in y (or dy). */
const eachBlock = (body: Body, from: string, to: string, write: (x: string, y: string) => void): void => {
  const [strip, image, x, y] = [body.local('i32'), body.local('i32'), body.local('i32'), body.local('i32')]
  body.line(set(strip, from))
  loopWhile(body, `(i32.lt_s ${get(strip)} ${to})`, () => {
    body.line(set(image, div(get(strip), word('strips'))))
    const within = body.let('i32', rem(get(strip), word('strips')))
    body.line(set(x, add(mul(get(image), word('imageA')), mul(within, word('stripA')))))
    body.line(set(y, add(mul(get(image), word('imageC')), mul(within, word('stripC')))))
    repeat(body, word('across'), () => {
      write(get(x), get(y))
      bump(body, x, word('blockA'))
      bump(body, y, word('blockC'))
    })
    bump(body, strip, i32(1))
  })
}

/** Panels of the kernel -> U [panel][point][cin][width]. */
const kernelFunction = (form: Form, area: PackArea): string =>
  func('$winogradKernel', ['$d', '$r0', '$r1', '$s'], (body) => {
    const bytes = body.let('i32', mul(word('cin'), i32(4 * form.width)))
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(
        `(call $packPanel ${add(word('panelTable'), mul(get('$r0'), i32(4 * panelWords(form.width))))} ${word('b')} ${word('run')} ${word('runEnd')} ${word('stepPack')} ${get('$s')})`,
      )
      const to = add(packed(area), mul(get('$r0'), mul(word('pitchU'), i32(points))))
      const octets = mul(word('cin'), i32(form.width / 8))
      const pitch = word('pitchU')
      body.line(apply('kernel', get('$s'), mul(bytes, i32(3)), bytes, to, mul(pitch, i32(side)), pitch, octets))
      bump(body, '$r0', i32(1))
    })
  })

/** Rows [r0, r1) of a region -> their strips of y. */
const convFunction = (form: Form, area: PackArea): string =>
  func('$winograd', ['$d', '$r0', '$r1', '$s'], (body) => {
    const local = (): string => body.local('i32')
    const [from, to, last, v, count, j, u, m, point, columns] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ]
    const octetsIn = div(word('cin'), i32(8))
    body.line(set(from, div(mul(get('$r0'), word('times')), word('rows'))))
    body.line(set(last, div(mul(get('$r1'), word('times')), word('rows'))))
    const held = body.let('i32', mul(word('pitchV'), i32(points)))
    const products = body.let('i32', add(get('$s'), held))
    loopWhile(body, `(i32.lt_s ${get(from)} ${get(last)})`, () => {
      body.line(set(to, min(get(last), add(get(from), word('together')))))
      body.line(set(count, mul(sub(get(to), get(from)), word('across'))))
      body.line(set(v, get('$s')))
      const pitch = word('pitchV')
      eachBlock(body, get(from), get(to), (x) => {
        const [source, row, pixel] = [add(word('a'), x), word('rowA'), word('pixelA')]
        body.line(apply('input', source, row, pixel, get(v), mul(pitch, i32(side)), pitch, octetsIn))
        bump(body, v, mul(word('cin'), i32(4)))
      })
      body.line(set(j, i32(0)))
      body.line(set(u, packed(area)))
      body.line(set(columns, word('c')))
      repeat(body, word('panels'), () => {
        body.line(set(point, get('$s')))
        body.line(set(m, products))
        repeat(body, i32(points), () => {
          body.line(
            `(call $rows (i32.const 0) ${get(count)} ${word('rowsV')} ${get(point)} ${get(u)} ${word('rowsM')} ${get(m)} ${word('product')} ${add(word('product'), i32(12))} (i32.const 4) ${i32(4 * form.width)} (i32.const 0) ${i32(walkNames.indexOf('rows'))})`,
          )
          bump(body, point, word('pitchV'))
          bump(body, u, word('pitchU'))
          bump(body, m, word('pitchM'))
        })
        body.line(set(m, products))
        const pitchM = word('pitchM')
        eachBlock(body, get(from), get(to), (_, y) => {
          const [row, pixel] = [word('rowC'), word('pixelC')]
          const target = add(get(columns), y)
          body.line(apply('output', get(m), mul(pitchM, i32(side)), pitchM, target, row, pixel, i32(form.width / 8)))
          bump(body, m, i32(4 * form.width))
        })
        bump(body, columns, i32(4 * form.width))
      })
      body.line(set(from, get(to)))
    })
  })

/** Strips [r0, r1) of x -> V [point][block][cin], of dy -> W [point][block][cout]. */
const gatherFunction = (area: PackArea): string =>
  func('$winogradGather', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [v, w] = [body.local('i32'), body.local('i32')]
    const first = body.let('i32', mul(get('$r0'), word('across')))
    body.line(set(v, add(packed(area), mul(first, mul(word('cin'), i32(4))))))
    body.line(set(w, add(packed(area), word('startW'), mul(first, mul(word('cout'), i32(4))))))
    eachBlock(body, get('$r0'), get('$r1'), (x, y) => {
      const [pitchV, pitchW] = [word('pitchV'), word('pitchW')]
      const [octetsIn, octetsOut] = [div(word('cin'), i32(8)), div(word('cout'), i32(8))]
      const [sourceX, sourceY] = [add(word('a'), x), add(word('b'), y)]
      body.line(apply('input', sourceX, word('rowA'), word('pixelA'), get(v), mul(pitchV, i32(side)), pitchV, octetsIn))
      body.line(
        apply(
          'outputAdjoint',
          sourceY,
          word('rowC'),
          word('pixelC'),
          get(w),
          mul(pitchW, i32(side)),
          pitchW,
          octetsOut,
        ),
      )
      bump(body, v, mul(word('cin'), i32(4)))
      bump(body, w, mul(word('cout'), i32(4)))
    })
  })

/** Points [r0, r1): D [point][cin][cout] = V' W. */
const multiplyFunction = (form: Form, area: PackArea): string =>
  func('$winogradMultiply', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [v, w, d] = [body.local('i32'), body.local('i32'), body.local('i32')]
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(set(v, add(packed(area), mul(get('$r0'), word('pitchV')))))
      body.line(set(w, add(packed(area), word('startW'), mul(get('$r0'), word('pitchW')))))
      body.line(set(d, add(packed(area), word('startD'), mul(get('$r0'), word('pitchD')))))
      repeat(body, word('panels'), () => {
        body.line(
          `(call $rows (i32.const 0) ${word('cin')} ${word('rowsV')} ${get(v)} ${get(w)} ${word('rowsM')} ${get(d)} ${word('product')} ${add(word('product'), i32(12))} ${mul(word('cin'), i32(4))} ${mul(word('cout'), i32(4))} (i32.const 0) ${i32(walkNames.indexOf('columns'))})`,
        )
        bump(body, w, i32(4 * form.width))
        bump(body, d, i32(4 * form.width))
      })
      bump(body, '$r0', i32(1))
    })
  })

/** Channels [r0, r1) of D -> the kernel's gradient. */
const scatterFunction = (area: PackArea): string =>
  func('$winogradScatter', ['$d', '$r0', '$r1', '$s'], (body) => {
    const bytes = body.let('i32', mul(word('cout'), i32(4)))
    const from = body.let('i32', add(packed(area), word('startD'), mul(get('$r0'), bytes)))
    const to = body.let('i32', add(word('c'), mul(get('$r0'), bytes)))
    const octets = mul(sub(get('$r1'), get('$r0')), div(word('cout'), i32(8)))
    const [pitch, tap] = [word('pitchD'), word('tap')]
    body.line(apply('kernelAdjoint', from, mul(pitch, i32(side)), pitch, to, mul(tap, i32(3)), tap, octets))
  })

export const winogradFunctions = (form: Form, area: PackArea): string =>
  [
    ...(Object.keys(matrices) as TransformName[]).map((name) => transform(name, form.madd)),
    kernelFunction(form, area),
    convFunction(form, area),
    gatherFunction(area),
    multiplyFunction(form, area),
    scatterFunction(area),
  ].join('\n')
