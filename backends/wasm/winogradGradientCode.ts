/**
 * WebAssembly text of kernel gradients by Winograd's algorithm. Shapes and layouts come from the descriptor made by
 * `winogradPlan.ts`.
 *
 *   x -> V and dy -> W (one strip per cell);  V' W -> D (one point per cell);  D -> dkernel (one channel per cell)
 */
import { type Form, runWords, walkNames } from './microkernel.ts'
import { add, bump, div, func, get, i32, loopWhile, mul, repeat, set, sub } from './wat.ts'
import { apply, eachBlock, type PackArea, packed, word } from './winogradFields.ts'
import { side } from './winogradMatrices.ts'

/** Strips [r0, r1) of x -> V [point][block][cin], of dy -> W [point][block][cout]. */
const gatherFunction = (area: PackArea): string =>
  func('$winogradGather', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [v, w] = body.locals('i32', 2)
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
    const [v, w, d, to, from, run, left] = body.locals('i32', 7)
    const [stepV, stepW] = [body.let('i32', mul(word('cin'), i32(4))), body.let('i32', mul(word('cout'), i32(4)))]
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(set(v, add(packed(area), mul(get('$r0'), word('pitchV')))))
      body.line(set(w, add(packed(area), word('startW'), mul(get('$r0'), word('pitchW')))))
      body.line(set(d, add(packed(area), word('startD'), mul(get('$r0'), word('pitchD')))))
      body.line(set(left, word('parts')))
      loopWhile(body, get(left), () => {
        bump(body, left, i32(-1))
        body.line(set(run, `(select ${word('product')} ${word('productLast')} ${get(left)})`))
        const later = `(i32.ne ${get(left)} ${sub(word('parts'), i32(1))})`
        body.line(set(from, get(w)))
        body.line(set(to, get(d)))
        repeat(body, word('panels'), () => {
          body.line(
            `(call $rows (i32.const 0) ${word('cin')} ${word('rowsV')} ${get(v)} ${get(from)} ${word('rowsM')} ${get(to)} ${get(run)} ${add(get(run), i32(4 * runWords))} ${stepV} ${stepW} ${later} ${i32(walkNames.indexOf('columns'))})`,
          )
          bump(body, from, i32(4 * form.width))
          bump(body, to, i32(4 * form.width))
        })
        bump(body, v, mul(word('part'), stepV))
        bump(body, w, mul(word('part'), stepW))
      })
      bump(body, '$r0', i32(1))
    })
  })

/** Channels [r0, r1) of D -> the kernel's gradient. */
const scatterFunction = (area: PackArea): string =>
  func('$winogradScatter', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [from, to] = body.locals('i32', 2)
    const bytes = body.let('i32', mul(word('cout'), i32(4)))
    body.line(set(from, add(packed(area), word('startD'), mul(get('$r0'), bytes))))
    body.line(set(to, add(word('c'), mul(get('$r0'), word('channel')))))
    repeat(body, sub(get('$r1'), get('$r0')), () => {
      const [pitch, octets] = [word('pitchD'), div(word('cout'), i32(8))]
      body.line(
        apply('kernelAdjoint', get(from), mul(pitch, i32(side)), pitch, get(to), word('tapRow'), word('tap'), octets),
      )
      bump(body, from, bytes)
      bump(body, to, word('channel'))
    })
  })

export const gradientFunctions = (form: Form, area: PackArea): readonly string[] => [
  gatherFunction(area),
  multiplyFunction(form, area),
  scatterFunction(area),
]
