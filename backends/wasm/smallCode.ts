/**
 * WebAssembly text of many small products, one after another, as in windowed attention. The panels of the next product are
 * packed before the current one is computed: wide loads of data just written by narrow stores would stall. Descriptor and
 * tables are those of a contract.
 */
import { batchWords, panelAt, scratchTile, word } from './contractFields.ts'
import type { Form } from './microkernel.ts'
import { panelB, panelHead } from './pack.ts'
import { add, bump, func, get, i32, load, mul, repeat, set, sub, when } from './wat.ts'

/** Cells are outer batches: one group of rows, one block of k, all panels. */
export const smallFunction = (form: Form): string =>
  func('$small', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [batch, here, other, panel, to, b, left] = body.locals('i32', 7)
    const once = (value: string): string => body.let('i32', value)
    const [rowsA, rowsC, rows, stepA, stepB, stepPack, walk] = [
      once(word('rowsA')),
      once(word('rowsC')),
      once(word('rows')),
      once(word('stepA')),
      once(word('stepB')),
      once(word('stepPack')),
      once(word('walk')),
    ]
    const [a, source, c, panels] = [once(word('a')), once(word('b')), once(word('c')), once(word('panels'))]
    const k = once(word('kTable'))
    const [run, runEnd, pack, packEnd] = [once(load(k)), once(load(k, 4)), once(load(k, 8)), once(load(k, 12))]
    const panelBytes = once(mul(load(k, 20), i32(4 * form.width)))
    const first = once(panelAt(i32(0), form))
    const recordBytes = sub(panelAt(i32(1), form), panelAt(i32(0), form))

    const everyPanel = (buffer: string, write: () => void): void => {
      body.line(set(panel, first))
      body.line(set(to, buffer))
      repeat(body, panels, () => {
        write()
        bump(body, panel, recordBytes)
        bump(body, to, panelBytes)
      })
    }
    const packAll = (buffer: string): void => {
      body.line(set(b, add(source, load(get(batch), 4))))
      everyPanel(buffer, () =>
        body.line(`(call $packPanel ${get(panel)} ${get(b)} ${pack} ${packEnd} ${stepPack} ${get(to)})`),
      )
    }
    body.line(set(batch, add(word('batchTable'), mul(mul(get('$r0'), word('innerBatches')), i32(4 * batchWords)))))
    body.line(set(left, mul(sub(get('$r1'), get('$r0')), word('innerBatches'))))
    body.line(set(here, add(get('$s'), i32(scratchTile))))
    body.line(set(other, add(get(here), mul(panels, panelBytes))))
    packAll(get(here))
    repeat(body, get(left), () => {
      const [x, y] = [once(add(a, load(get(batch)))), once(add(c, load(get(batch), 8)))]
      bump(body, batch, i32(4 * batchWords))
      bump(body, left, i32(-1))
      when(body, get(left), () => packAll(get(other)))
      everyPanel(get(here), () => {
        const product = (target: string): string =>
          [i32(0), rows, rowsA, x, get(to), rowsC, target, run, runEnd, stepA, stepB, i32(0), walk].join(' ')
        when(
          body,
          load(get(panel), 4 * panelHead.direct),
          () => body.line(`(call $rows ${product(add(y, load(get(panel), 4 * (panelB + form.width))))})`),
          () => body.line(`(call $scatter ${product(y)} ${get(panel)} ${get('$s')})`),
        )
      })
      body.line(set(b, get(here)))
      body.line(set(here, get(other)))
      body.line(set(other, get(b)))
    })
  })
