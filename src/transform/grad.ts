/**
 * Reverse-mode differentiation, graph to graph: the gradient of a scalar is again a graph of tensors, so it can be
 * differentiated again.
 */
import { add } from '../tensor/arithmetic.ts'
import { ShapeError } from '../tensor/errors.ts'
import { full, inputsOf } from '../tensor/leaf.ts'
import { size } from '../tensor/shape.ts'
import { type Tensor, topological } from '../tensor/tensor.ts'
import { leaves, mapTree } from '../tensor/tree.ts'

/**
 * Vector-Jacobian product: the gradients of <dy, y> with respect to some nodes of y's graph, in their order; zeros
 * where y does not depend on a node. Two different inputs of one name are an error.
 */
export const vjp = (y: Tensor, dy: Tensor, wrt: readonly Tensor[]): readonly Tensor[] => {
  inputsOf([y, dy, ...wrt], 'vjp')
  const wanted = new Set(wrt)
  const order = topological([y])
  const reaching = new Set<Tensor>()
  for (const node of order) if (wanted.has(node) || node.inputs.some((x) => reaching.has(x))) reaching.add(node)
  const gradient = new Map<Tensor, Tensor>([[y, dy]])
  for (const node of order.toReversed()) {
    const g = gradient.get(node)
    // gradients do not flow past a requested node, unless another one lies behind it
    if (g === undefined || !node.inputs.some((x) => reaching.has(x))) continue
    node.rule.vjp(node, g).forEach((dx, i) => {
      const x = node.inputs[i]
      if (x === undefined || dx === null || !reaching.has(x)) return
      const sum = gradient.get(x)
      gradient.set(x, sum === undefined ? dx : add(sum, dx))
    })
  }
  return wrt.map((x) => gradient.get(x) ?? full(0, x.shape))
}

/** Value and gradient of a scalar function of a tree of parameters; the gradient is a tree of the same structure. */
export const valueAndGrad =
  <P>(f: (params: P) => Tensor) =>
  (params: P): readonly [value: Tensor, gradient: P] => {
    const value = f(params)
    if (size(value.shape) !== 1) throw new ShapeError('grad', [value], 'the function must give one number')
    inputsOf([value], 'grad')
    const wrt = leaves(params)
    const gradients = vjp(
      value,
      full(1, value.shape),
      wrt.map(([, leaf]) => leaf),
    )
    const byPath = new Map(wrt.map(([path], i) => [path, gradients[i]]))
    return [value, mapTree(params, (leaf, path) => byPath.get(path) ?? leaf)]
  }

/**
 * The gradient of a scalar function of a tree of parameters, a tree of the same structure; `torch.func.grad`,
 * `jax.grad`.
 */
export const grad =
  <P>(f: (params: P) => Tensor) =>
  (params: P): P =>
    valueAndGrad(f)(params)[1]
