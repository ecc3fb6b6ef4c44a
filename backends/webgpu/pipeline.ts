/** Texts become pipelines: all at once, in the background of the device, equal ones once. */
import type { GpuDevice, GpuPipeline, GpuPipelineLayout } from './api.ts'
import type { ProgramDispatch } from './program.ts'

export interface Pipeline {
  readonly pipeline: GpuPipeline
  readonly grid: ProgramDispatch['grid']
  readonly label: string
}

type Text = Pick<ProgramDispatch, 'code' | 'label'>

/** A GPUError has a message and is no Error. */
const messageOf = (x: unknown): string =>
  typeof x === 'object' && x !== null && 'message' in x && typeof x.message === 'string' ? x.message : String(x)

/** An Error names the dispatch and quotes its text. */
export const pipelineOf = async (
  device: GpuDevice,
  layout: GpuPipelineLayout,
  { code, label }: Text,
): Promise<GpuPipeline> => {
  const refuse = (cause: unknown): never => {
    throw new Error(`webgpu: the text of ${label} is refused: ${messageOf(cause)}\n${code}`, { cause })
  }
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ label, code })
  const scope = device.popErrorScope()
  const made = device
    .createComputePipelineAsync({ label, layout, compute: { module, entryPoint: 'main' } })
    .catch(refuse)
  const [wrong] = await Promise.all([scope, made.catch(() => null)])
  return wrong === null ? made : refuse(wrong)
}

/** @param tell called with how many of the texts are done, and all */
export const pipelines = async (
  device: GpuDevice,
  layout: GpuPipelineLayout,
  dispatches: readonly ProgramDispatch[],
  tell: (done: number, all: number) => void,
): Promise<readonly Pipeline[]> => {
  const made = new Map<string, Promise<GpuPipeline>>()
  const all = new Set(dispatches.map((d) => d.code)).size
  let done = 0
  const make = async (text: Text): Promise<GpuPipeline> => {
    const pipeline = await pipelineOf(device, layout, text)
    tell(++done, all)
    return pipeline
  }
  return Promise.all(
    dispatches.map(async ({ code, label, grid }) => {
      const pipeline = made.get(code) ?? make({ code, label })
      made.set(code, pipeline)
      return { pipeline: await pipeline, grid, label }
    }),
  )
}
