/**
 * WebAssembly text of Winograd convolutions: transforms around many small matrix products, one per point. Shapes and
 * layouts come from the descriptor made by `winogradPlan.ts`.
 *
 *   kernel -> U (a separate stage, one panel per cell);  strips of x -> V;  V U -> M;  M -> y
 */
import { type Form, runWords, walkNames } from './microkernel.ts'
import { panelWords } from './pack.ts'
import { transform } from './transformCode.ts'
import { add, bump, div, func, get, i32, loopWhile, min, mul, repeat, set, sub } from './wat.ts'
import { apply, eachBlock, type PackArea, packed, word } from './winogradFields.ts'
import { gradientFunctions } from './winogradGradientCode.ts'
import { points, side, transformNames } from './winogradMatrices.ts'

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
    const [from, to, last, v, count, j, u, m, point, columns] = body.locals('i32', 10)
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
            `(call $rows (i32.const 0) ${get(count)} ${word('rowsV')} ${get(point)} ${get(u)} ${word('rowsM')} ${get(m)} ${word('product')} ${add(word('product'), i32(4 * runWords))} (i32.const 4) ${i32(4 * form.width)} (i32.const 0) ${i32(walkNames.indexOf('rows'))})`,
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

export const winogradFunctions = (form: Form, area: PackArea): string =>
  [
    ...transformNames.map((name) => transform(name, form.madd)),
    kernelFunction(form, area),
    convFunction(form, area),
    ...gradientFunctions(form, area),
  ].join('\n')
