/** One forward and backward pass compared with the reference's: output, loss and the gradient of every parameter. */
import { oneHot } from '../../diffusion/labels.ts'
import { timeEmbedding } from '../../diffusion/timeEmbedding.ts'
import { evaluate } from '../../lower/compile.ts'
import { denoiserOf } from '../../models/models.ts'
import { frequencies } from '../../nn/embedding.ts'
import { encode, flatSize, flatten, unflatten } from '../../nn/spec.ts'
import type { Backend, CompileOptions, Numbers } from '../../plan/backend.ts'
import { input, mean, square, sub } from '../../tensor/ops.ts'
import { valueAndGrad } from '../../transform/grad.ts'
import { mustBe } from '../errors.ts'
import { channelsLast, imageSizes, labelsOf, largest, type Reference, relativeError } from './reference.ts'

/** What was compared, and its error. */
export interface Deviation {
  readonly what: string
  /** The tensor with the largest error in its group. */
  readonly worst: string
  readonly of: number
  readonly error: number
}

/** The largest error of a group; NaN counts as the largest. */
export const worstOf = (what: string, errors: readonly (readonly [name: string, error: number])[]): Deviation => {
  const worse = (a: number, b: number): boolean => Number.isNaN(a) || a > b
  const [worst, error] = errors.reduce((w, e) => (worse(e[1], w[1]) ? e : w), ['', -1])
  return { what, worst, of: errors.length, error }
}

/** The gradient that differs most, of those of all parameters; errors are relative to at least a thousandth of the greatest. */
export const worstGradient = (
  file: Reference,
  gradients: Readonly<Record<string, { readonly values: Numbers }>>,
): Deviation => {
  const theirs = Object.entries(gradients).map(([name, { values }]) => ({
    name,
    values,
    expected: file.tensor(`grad.${name}`).values,
  }))
  const greatest = Math.max(...theirs.map(({ expected }) => largest(expected)))
  return worstOf(
    'gradients',
    theirs.map(({ name, values, expected }) => [name, relativeError(values, expected, 0.001 * greatest)]),
  )
}

export const parityCase = async (
  backend: Backend,
  options: CompileOptions,
  file: Reference,
): Promise<readonly Deviation[]> => {
  const { theta } = file
  const model = mustBe(denoiserOf(file.model))
  const { spec, apply } = model
  const { classes } = model.shape
  const [batch, channels, height, width] = imageSizes(file.tensor('input.x'))
  const x = input('x', [batch, height, width, channels])
  const labels = classes === null ? null : input('labels', [batch, classes + 1])
  const params = unflatten(spec)(input('theta', [flatSize(spec)]))
  const time = input('time', [batch, frequencies])
  const network = (p: typeof params) => apply(p)(x, time, labels)
  const output = network(params)
  const target = input('target', output.shape)
  const [loss, gradient] = valueAndGrad((p: typeof params) => mean(square(sub(network(p), target))))(params)

  const sinusoids = Array.from(file.tensor('input.t').values, timeEmbedding(frequencies))
  const ours = await evaluate(backend, options)(
    { output, loss, gradient: flatten(spec)(gradient) },
    {
      theta,
      x: channelsLast(file.tensor('input.x')),
      target: channelsLast(file.tensor('target')),
      time: Float64Array.from(sinusoids.flatMap((s) => [...s])),
      ...oneHot(labelsOf(file, 'input.y', batch), classes),
    },
  )
  return [
    worstOf('output', [['output', relativeError(ours.output, channelsLast(file.tensor('output')))]]),
    worstOf('loss', [['loss', relativeError(ours.loss, file.tensor('loss').values)]]),
    worstGradient(file, encode(spec)(ours.gradient)),
  ]
}
