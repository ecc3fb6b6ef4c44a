/** Programs of a network as ONNX files: their input `theta` becomes the parameters, by name, as constants. */
import type * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { leavesOf, type Spec } from '../../nn/spec.ts'
import type { Numbers } from '../../plan/backend.ts'
import type { Program } from '../../plan/program.ts'
import { at } from '../../tensor/axes.ts'
import { inputName } from '../../tensor/leaf.ts'
import { reshapePrimitive } from '../../tensor/reshape.ts'
import { size } from '../../tensor/shape.ts'
import { slicePrimitive } from '../../tensor/slice.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { exportGraph, type Known } from './exportGraph.ts'
import type { OnnxGraph } from './graph.ts'
import { mostEmbedded, saveGraph } from './modelFile.ts'

/** A network with its parameters. */
export interface Network {
  /** Its outputs by name, of the inputs that it has; its parameters are the input `theta`, as `inference` makes it. */
  readonly program: Pick<Program, 'outputs'>
  readonly spec: Spec
  /** [P] */
  readonly theta: Numbers
}

/** Parameters as they are taken from theta: slices, which `unflatten` reshapes. */
const parametersOf = (spec: Spec, theta: Numbers): Known => {
  const byStart = new Map(leavesOf(spec).map((leaf) => [leaf.start, leaf]))
  return (node: Tensor) => {
    const slice = slicePrimitive.match(reshapePrimitive.match(node)?.x[0] ?? node)
    if (slice === null || inputName(slice.x[0]) !== 'theta') return null
    const leaf = byStart.get(at(slice.attributes.start, 0))
    if (leaf === undefined || leaf.size !== size(node.shape)) return null
    return {
      name: leaf.name,
      shape: node.shape,
      values: () =>
        theta instanceof Float32Array
          ? new Float32Array(theta.subarray(leaf.start, leaf.start + leaf.size))
          : Float64Array.from(theta.subarray(leaf.start, leaf.start + leaf.size)),
    }
  }
}

/** The graph of a network; a Left of one sentence where ONNX has no operation for one of its. */
export const onnxGraph = ({ program, spec, theta }: Network): E.Either<string, OnnxGraph> =>
  exportGraph(program.outputs ?? {}, parametersOf(spec, theta))

/**
 * Writes a network as an ONNX file of opset 17, float32, with fixed shapes: inputs and outputs have the program's names and
 * layouts (channels last). The constants of a network of more than 2^30 bytes lie in `<path>.data`. A Left of one sentence where
 * ONNX has no operation for one of the network's, or the package protobufjs is not installed.
 */
export const saveOnnx = (
  path: string,
  network: Network,
  about: {
    readonly name: string
    readonly metadata?: Readonly<Record<string, string>>
    readonly mostEmbedded?: number
  },
): TE.TaskEither<string, void> =>
  pipe(
    TE.fromEither(onnxGraph(network)),
    TE.mapLeft((what) => `cannot write ${path}: ${what}`),
    TE.chain((graph) =>
      saveGraph(path, graph, { name: about.name, metadata: about.metadata ?? {} }, about.mostEmbedded ?? mostEmbedded),
    ),
  )
