/**
 * `diffit`: tensors and their vocabulary, differentiation, compilation for a backend, random keys. Everything else has an
 * entry point of its own: `diffit/nn`, `train`, `diffusion`, `models`, `data`, `io`, `check` and `backends`.
 */
export { compile, evaluate, planOf } from './lower/compile.ts'
export type { Backend, CompileOptions, Executable, Named, Numbers } from './plan/backend.ts'
export type { Compiled, Feed, Feeds, Outputs, Results, Values } from './plan/compiled.ts'
export { BackendError, BackendLost, FeedError, OutOfMemory, Refusal } from './plan/errors.ts'
export type { Plan } from './plan/plan.ts'
export { print as printPlan } from './plan/print.ts'
export { type Declared, type Program, program } from './plan/program.ts'
export { fold as foldIn, type Key, key, normal, permutation, split as splitKey, uniform } from './random/key.ts'
export { type Expression, operand, type Term, X } from './tensor/expression.ts'
export * from './tensor/ops.ts'
export {
  type Declaration,
  type Domain,
  lawful,
  type One,
  one,
  type Primitive,
  primitive,
  type Row,
  type Several,
  several,
  type Three,
  type Two,
  three,
  two,
} from './tensor/primitive.ts'
export { primitivesOf } from './tensor/primitives.ts'
export type { Algebra, Attributes, Fold, Lowering } from './tensor/tensor.ts'
export { leaves, mapTree } from './tensor/tree.ts'
export { grad, valueAndGrad, vjp } from './transform/grad.ts'
export { print as printGraph } from './transform/print.ts'
export { simplify } from './transform/simplify.ts'
