/** A graph as text: one node per line, inputs before users, so that two graphs can be compared with `diff`. */
import { text } from '../tensor/shape.ts'
import { type Attribute, type Tensor, topological } from '../tensor/tensor.ts'

const attribute = (a: Attribute): string =>
  a instanceof Float64Array ? `${a.length} numbers` : typeof a === 'object' ? JSON.stringify(a) : String(a)

/** `%3 = mul(%1, %2) [2, 4]`, a label `%4.score`; attributes in braces, outputs by name at the end. */
export const print = (outputs: Readonly<Record<string, Tensor>>): string => {
  const order = topological(Object.values(outputs))
  const name = new Map(
    order.map((node, i) => [node, node.rule.label === undefined ? `%${i}` : `%${i}.${node.rule.label}`]),
  )
  const lines = order.map((node) => {
    const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}: ${attribute(value)}`)
    const braces = attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`
    return `${name.get(node)} = ${node.op}(${node.inputs.map((x) => name.get(x)).join(', ')})${braces} ${text(node.shape)}`
  })
  return [...lines, ...Object.entries(outputs).map(([key, node]) => `${key}: ${name.get(node)}`)].join('\n')
}
