/** What trained parameters compute, as a program: `theta` is the block of them that `run.parameters()` gives. */
import { flatSize, type Params, type Spec, unflatten } from '../nn/spec.ts'
import { inputsOf, type None, type Program, type Tensors } from '../plan/program.ts'
import { input, ShapeError, type Tensor } from '../tensor/ops.ts'
import { recorded } from '../tensor/tensor.ts'
import type { BatchSpec, BatchTensors } from './step.ts'

/** Parameters [P] and the other inputs. */
type Fed<B extends BatchSpec> = BatchTensors<B> & { readonly theta: Tensor }

/**
 * A program of parameters and inputs, to compile and to run with `{ theta: await run.parameters(), ...inputs }`:
 *
 *   inference(spec, { x: [64, 1] }, (p, { x }) => ({ outputs: { y: net(p)(x) } }))
 *
 * ShapeError where an input is called "theta".
 */
export const inference = <
  S extends Spec,
  const B extends BatchSpec,
  O extends Tensors = None,
  Scalars extends Tensors = None,
>(
  spec: S,
  inputs: B,
  build: (params: Params<S>, inputs: BatchTensors<B>) => Pick<Program<O, Scalars>, 'outputs' | 'scalars'>,
): Program<O, Scalars, Fed<B>, None> => {
  if (Object.hasOwn(inputs, 'theta'))
    throw new ShapeError('inference', [], 'an input is called "theta", which is the name of the parameters')
  const over = (mark: (input: Tensor) => Tensor): Program<O, Scalars, Fed<B>, None> => {
    const theta = mark(input('theta', [flatSize(spec)]))
    const made = inputsOf(inputs, mark)
    return { ...build(unflatten(spec)(theta), made), inputs: { ...made, theta } }
  }
  return { ...over((x) => x), recorded: () => over(recorded) }
}
