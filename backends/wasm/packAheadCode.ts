/** WebAssembly text of the packing that precedes a region: all of b, all of a, shared by the cells of its contracts. */
import { type Addresses, kWords, panelAt, word } from './contractFields.ts'
import { type Form, maxRows } from './microkernel.ts'
import { add, bump, div, func, get, i32, load, loopWhile, min, mul, rem, set, sub, when } from './wat.ts'

/** Byte offset of block `k`, panel `j` in a shared packed b. */
export const sharedAt = (k: string, j: string, { width }: Form): string =>
  mul(add(mul(load(k, 16), word('panels')), mul(j, load(k, 20))), i32(4 * width))

/** Address of the region's packed operands. */
export const packBase = ({ packArea }: Addresses): string => add(load(i32(packArea)), word('packed'))

/** The runs of the block `k` in the original b. */
export const packRuns = (k: string): string => `${load(k, 8)} ${load(k, 12)} ${word('stepPack')}`

/** Packs `count` rows of a, from row `m` on, of the block `k`. */
export const packRowsOf = (m: string, count: string, a: string, k: string, to: string): string =>
  `(call $packRows ${add(word('rowsA'), mul(m, i32(4)))} ${count} ${a} ${load(k, 24)} ${load(k, 28)} ${word('stepA')} ${to} ${word('pitchA')} ${word('pairsA')})`

/** Packs b for a whole region: cell = block of k and panel, or a few panels together. */
export const packFunction = (form: Form, addresses: Addresses): string =>
  func('$pack', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [j, k, count] = body.locals('i32', 3)
    const b = body.let('i32', add(word('b'), load(word('batchTable'), 4)))
    const cells = div(add(word('panels'), sub(word('packTogether'), i32(1))), word('packTogether'))
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(set(j, mul(rem(get('$r0'), cells), word('packTogether'))))
      body.line(set(k, add(word('kTable'), mul(div(get('$r0'), cells), i32(4 * kWords)))))
      body.line(set(count, min(word('packTogether'), sub(word('panels'), get(j)))))
      const runs = `${b} ${packRuns(get(k))}`
      const to = add(packBase(addresses), sharedAt(get(k), get(j), form))
      when(
        body,
        `(i32.gt_s ${word('packTogether')} (i32.const 1))`,
        () =>
          body.line(
            `(call $packColumns ${panelAt(get(j), form)} ${get(count)} ${runs} ${to} ${mul(load(get(k), 20), i32(4 * form.width))})`,
          ),
        () => body.line(`(call $packPanel ${panelAt(get(j), form)} ${runs} ${to})`),
      )
      bump(body, '$r0', i32(1))
    })
  })

/** Packs a for a whole region: cell = block of k and a few groups of rows. */
export const packAheadFunction = (addresses: Addresses): string =>
  func('$packAhead', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [m, k, block] = body.locals('i32', 3)
    const a = body.let('i32', add(word('a'), load(word('batchTable'))))
    const cells = div(add(word('rows'), sub(word('togetherA'), i32(1))), word('togetherA'))
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(set(m, mul(rem(get('$r0'), cells), word('togetherA'))))
      body.line(set(block, div(get('$r0'), cells)))
      body.line(set(k, add(word('kTable'), mul(get(block), i32(4 * kWords)))))
      const count = min(word('togetherA'), sub(word('rows'), get(m)))
      const to = add(
        packBase(addresses),
        mul(get(block), word('blockA')),
        mul(div(get(m), i32(maxRows)), word('pitchA')),
      )
      body.line(packRowsOf(get(m), count, a, get(k), to))
      bump(body, '$r0', i32(1))
    })
  })
