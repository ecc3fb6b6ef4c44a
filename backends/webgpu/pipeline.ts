/** Texts become pipelines: all at once, in the background of the device, equal ones once. */
import type { GpuDevice, GpuPipeline, GpuPipelineLayout } from './api.ts'
import type { ProgramDispatch } from './program.ts'

export interface Pipeline {
  readonly pipeline: GpuPipeline
  readonly grid: ProgramDispatch['grid']
  readonly label: string
}

/**
 * An Error names the dispatch and quotes its text.
 * @param tell called with how many of the texts are done, and all
 */
export const pipelines = async (
  device: GpuDevice,
  layout: GpuPipelineLayout,
  dispatches: readonly ProgramDispatch[],
  tell: (done: number, all: number) => void,
): Promise<readonly Pipeline[]> => {
  const made = new Map<string, Promise<GpuPipeline>>()
  const all = new Set(dispatches.map((d) => d.code)).size
  let done = 0
  const make = async ({ code, label }: ProgramDispatch): Promise<GpuPipeline> => {
    const refuse = (cause: unknown): never => {
      const why = messageOf(cause)
      throw new Error(`webgpu: the text of ${label} is refused: ${why}\n${code}`, { cause })
    }
    device.pushErrorScope('validation')
    const module = device.createShaderModule({ label, code })
    const scope = device.popErrorScope()
    const pipeline = device
      .createComputePipelineAsync({ label, layout, compute: { module, entryPoint: 'main' } })
      .catch((cause: unknown) => cause)
    const wrong = await scope
    if (wrong !== null) return refuse(wrong)
    const found = await pipeline
    tell(++done, all)
    return found instanceof Error ? refuse(found) : pipelineOf(found)
  }
  const known = (dispatch: ProgramDispatch): Promise<GpuPipeline> => {
    const found = made.get(dispatch.code) ?? make(dispatch)
    made.set(dispatch.code, found)
    return found
  }
  return Promise.all(
    dispatches.map(async (dispatch) => ({
      pipeline: await known(dispatch),
      grid: dispatch.grid,
      label: dispatch.label,
    })),
  )
}

/** A GPUError has a message and is no Error. */
const messageOf = (x: unknown): string =>
  typeof x === 'object' && x !== null && 'message' in x && typeof x.message === 'string' ? x.message : String(x)

const isPipeline = (x: unknown): x is GpuPipeline => typeof x === 'object' && x !== null && 'label' in x

const pipelineOf = (x: unknown): GpuPipeline => {
  if (isPipeline(x)) return x
  throw new Error('webgpu: the device gave something else than a pipeline')
}
