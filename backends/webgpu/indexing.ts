/**
 * Indices in WGSL: u32, because its division by a constant is one multiplication, and because what is subtracted wraps
 * around to the right address.
 */

/** An index that a text computes: how, and the name of each digit. */
export interface Digits {
  readonly lines: readonly string[]
  readonly names: readonly string[]
}

/** The digits of `index` under loops of these sizes, the last one fastest; loops of size 1 have the digit 0. */
export const digitsOf = (index: string, sizes: readonly number[], prefix: string): Digits => {
  const lines: string[] = []
  const names: string[] = sizes.map(() => '0u')
  const moving = sizes.flatMap((n, i) => (n === 1 ? [] : [{ n, i }]))
  let rest = index
  moving.toReversed().forEach(({ n, i }, place) => {
    if (place === moving.length - 1) {
      names[i] = rest
      return
    }
    const name = `${prefix}${i}`
    lines.push(`let ${name} = ${rest} % ${n}u;`, `let ${name}r = ${rest} / ${n}u;`)
    names[i] = name
    rest = `${name}r`
  })
  return { lines, names }
}

/** `base + name * stride ..`; strides of 0 and digits that are 0 leave no trace. */
export const sumOf = (base: number | string, terms: readonly (readonly [name: string, stride: number])[]): string => {
  const moving = terms.filter(([name, stride]) => stride !== 0 && name !== '0u')
  const first = typeof base === 'number' ? `${base}u` : base
  return moving.reduce((sum, [name, stride]) => {
    const size = Math.abs(stride)
    const step = size === 1 ? name : `${name} * ${size}u`
    if (sum === '0u' && stride > 0) return step
    return `${sum} ${stride < 0 ? '-' : '+'} ${step}`
  }, first)
}
