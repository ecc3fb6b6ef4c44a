/** Trees of parameters: records and lists with tensors at their leaves. Transforms preserve the tree structure. */
import type { Tensor } from './tensor.ts'

export const isTensor = (x: unknown): x is Tensor => typeof x === 'object' && x !== null && 'op' in x && 'rule' in x

/** Leaves with their dotted paths, in the order of the tree. */
export const leaves = (tree: unknown, path = ''): readonly (readonly [path: string, leaf: Tensor])[] => {
  if (isTensor(tree)) return [[path, tree]]
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([name, sub]) => leaves(sub, path === '' ? name : `${path}.${name}`))
}

/** The same tree with every leaf replaced; non-tensors stay. */
export function mapTree<T>(tree: T, f: (leaf: Tensor, path: string) => Tensor, path?: string): T
export function mapTree(tree: unknown, f: (leaf: Tensor, path: string) => Tensor, path = ''): unknown {
  if (isTensor(tree)) return f(tree, path)
  if (Array.isArray(tree)) return tree.map((sub, i) => mapTree(sub, f, path === '' ? `${i}` : `${path}.${i}`))
  if (typeof tree !== 'object' || tree === null) return tree
  return Object.fromEntries(
    Object.entries(tree).map(([name, sub]) => [name, mapTree(sub, f, path === '' ? name : `${path}.${name}`)]),
  )
}
