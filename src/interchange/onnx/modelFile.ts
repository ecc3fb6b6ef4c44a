/** A graph as a file of ONNX, a protocol buffer; large constants lie in a file beside it. */
import { basename } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { writeAtomic } from '../../io/atomic.ts'
import { companion, protobufjs } from '../../io/companion.ts'
import { writers } from '../../io/dtype.ts'
import { size } from '../../tensor/shape.ts'
import { opset } from './exportGraph.ts'
import type { Initialiser, OnnxGraph, OnnxNode, Port } from './graph.ts'
import { attributeType, elementType, external, irVersion, schema } from './schema.ts'

/** What a file says of itself. */
export interface About {
  /** Of the graph. */
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A protocol buffer has at most 2^31 bytes; constants beyond this many lie in a file beside it. */
export const mostEmbedded = 2 ** 30

const bytesOf = ({ whole, shape }: Initialiser): number => size(shape) * (whole ? 8 : 4)

const nodeOf = ({ op, inputs, output, attributes }: OnnxNode) => ({
  input: inputs,
  output: [output],
  name: output,
  opType: op,
  attribute: Object.entries(attributes).map(([name, value]) =>
    typeof value === 'number'
      ? { name, i: value, type: attributeType.int }
      : { name, ints: value, type: attributeType.ints },
  ),
})

const portOf = ({ name, shape }: Port) => ({
  name,
  type: { tensorType: { elemType: elementType.float, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
})

const dataOf = ({ whole, values }: Initialiser): Uint8Array => writers[whole ? 'I64' : 'F32'](values())

const pairs = (of: Readonly<Record<string, string>>) => Object.entries(of).map(([key, value]) => ({ key, value }))

/** Whether a constant lies in the file beside: small ones and whole numbers stay in the model itself. */
const goesBeside = (one: Initialiser): boolean => !one.whole && bytesOf(one) >= 1024

/** Where constants lie in the file beside: one after the other. */
const placesOf = (initialisers: readonly Initialiser[]): ReadonlyMap<string, number> => {
  let end = 0
  return new Map(
    initialisers.flatMap((one) => {
      if (!goesBeside(one)) return []
      const offset = end
      end += bytesOf(one)
      return [[one.name, offset] as const]
    }),
  )
}

const tensorOf = (one: Initialiser, offset: number | undefined, beside: string) => ({
  dims: one.shape,
  dataType: one.whole ? elementType.int64 : elementType.float,
  name: one.name,
  ...(offset === undefined
    ? { rawData: dataOf(one) }
    : {
        externalData: pairs({ location: beside, offset: String(offset), length: String(bytesOf(one)) }),
        dataLocation: external,
      }),
})

async function* dataBeside(initialisers: readonly Initialiser[]): AsyncGenerator<Uint8Array, void> {
  for (const one of initialisers) if (goesBeside(one)) yield dataOf(one)
}

/**
 * Writes a graph atomically; where its constants take more than `most` bytes, they are written first, into `<path>.data`. A Left
 * of one sentence where the package that writes protocol buffers is not installed, or the file cannot be written.
 */
export const saveGraph = (
  path: string,
  { inputs, outputs, nodes, initialisers }: OnnxGraph,
  { name, metadata }: About,
  most: number = mostEmbedded,
): TE.TaskEither<string, void> => {
  const beside = `${path}.data`
  const apart = initialisers.reduce((sum, one) => sum + bytesOf(one), 0) > most
  const places = apart ? placesOf(initialisers) : new Map<string, number>()
  const model = {
    irVersion,
    producerName: 'diffit',
    graph: {
      name,
      node: nodes.map(nodeOf),
      initializer: initialisers.map((one) => tensorOf(one, places.get(one.name), basename(beside))),
      input: inputs.map(portOf),
      output: outputs.map(portOf),
    },
    opsetImport: [{ domain: '', version: opset }],
    metadataProps: pairs(metadata),
  }
  return pipe(
    companion('exporting to ONNX')(protobufjs),
    TE.map(({ Root }) => Root.fromJSON(schema).lookupType('ModelProto')),
    TE.chainFirst(() => (apart ? writeAtomic(beside, dataBeside(initialisers)) : TE.right(undefined))),
    TE.chain((type) => writeAtomic(path, type.encode(type.create(model)).finish())),
  )
}
