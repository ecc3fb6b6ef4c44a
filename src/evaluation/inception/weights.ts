/**
 * The file of the network's weights: the tensors of PyTorch's conversion (mseitzer's pytorch-fid, torch-fidelity) as
 * safetensors, `Conv2d_1a_3x3.{conv.weight, bn.{weight, bias, running_mean, running_var}}` and so on. Reading folds each
 * batch norm into the convolution before it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { SafeTensors } from '../../io/safetensors.ts'
import {
  type ByName,
  batchNormSpec,
  byName,
  decode,
  type Entry,
  foldBatchNorm,
  leavesOf,
  matching,
  type Spec,
} from '../../nn/index.ts'
import { at } from '../../tensor/axes.ts'
import { type InceptionConfig, inceptionSpec } from './inception.ts'

/** The command that makes the file of the one that is published. */
export const conversion = `python3 -c "import torch, safetensors.torch as s; s.save_file({k: v.contiguous() for k, v in torch.load('pt_inception-2015-12-05-6726825d.pth').items()}, 'inception.safetensors')"`

const eps = 1e-3

/** The paths of the convolutions that have a batch norm: all of them. */
const unitsOf = (spec: Spec) =>
  leavesOf(spec).flatMap(({ name, parameter }) =>
    parameter.shape.length === 4 ? [{ path: name.slice(0, -'.weight'.length), weight: parameter }] : [],
  )

/** The tensors of the file: those of the network, with the batch norms apart and no biases of convolutions. */
export const fileSpec = (config: InceptionConfig): ByName => {
  const { fc, ...convolutions } = inceptionSpec(config)
  const units = unitsOf(convolutions).map(({ path, weight }) =>
    byName({ [path]: { conv: { weight }, bn: batchNormSpec(at(weight.shape, 3)) } }),
  )
  return Object.assign({}, ...units, byName({ fc }))
}

type Entries = Readonly<Record<string, Entry>>

/** Of a checked file: each of its names is there. */
const entryOf =
  (entries: Entries) =>
  (name: string): Entry => {
    const entry = entries[name]
    if (entry === undefined) throw new RangeError(`the file has no tensor "${name}"`)
    return entry
  }

const folded = (spec: Spec, entries: Entries): Entries => {
  const of = entryOf(entries)
  const units = unitsOf(spec).map(({ path }) => {
    const bn = {
      weight: of(`${path}.bn.weight`),
      bias: of(`${path}.bn.bias`),
      running_mean: of(`${path}.bn.running_mean`),
      running_var: of(`${path}.bn.running_var`),
    }
    const { weight, bias } = foldBatchNorm({ eps })({ weight: of(`${path}.conv.weight`), bias: null }, bn)
    return { [`${path}.weight`]: weight, [`${path}.bias`]: bias }
  })
  return Object.assign({ 'fc.weight': of('fc.weight'), 'fc.bias': of('fc.bias') }, ...units)
}

/**
 * A file -> theta [P] of `inceptionSpec(config)`. PyTorch's counters of batches are left out. The error names the first
 * tensor that is missing, unknown or of another shape, and the command that makes a right file.
 */
export const inceptionWeights =
  (config: InceptionConfig) =>
  ({ tensors }: Pick<SafeTensors, 'tensors'>): E.Either<string, Float64Array<ArrayBuffer>> => {
    const entries: Entries = Object.fromEntries(
      [...tensors].flatMap(([name, { shape, values }]) =>
        name.endsWith('.num_batches_tracked') ? [] : [[name, { shape, values }]],
      ),
    )
    const spec = inceptionSpec(config)
    return pipe(
      matching(fileSpec(config))(entries),
      E.map((checked) => folded(spec, checked)),
      E.chain(decode(spec)),
      E.mapLeft((what) => `${what}: expected the weights of Inception of 2015-12-05, which this makes: ${conversion}`),
    )
  }
