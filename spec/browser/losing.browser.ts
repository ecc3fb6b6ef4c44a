/** What backends compute on in this page, so that a test can take it away. To be imported before any backend is used. */

interface Losable {
  readonly lose: () => void
}

const made: Losable[] = []

/** Calls back with whatever a method of a class gives; a class that the page does not have is left out. */
const watch = (owner: unknown, method: string, seen: (result: unknown) => void): void => {
  if (typeof owner !== 'function') return
  const { prototype } = owner
  const inner: unknown = prototype[method]
  if (typeof inner !== 'function') return
  prototype[method] = function (...args: readonly unknown[]) {
    const result: unknown = inner.apply(this, args)
    seen(result)
    return result
  }
}

const has = <K extends string>(x: unknown, name: K): x is Record<K, () => unknown> =>
  typeof x === 'object' && x !== null && name in x

/** The last of what was made goes. */
export const loseLast = (): void => made.at(-1)?.lose()

const PlainWorker = globalThis.Worker
globalThis.Worker = class extends PlainWorker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args)
    made.push({ lose: () => this.terminate() })
  }
}

watch(Reflect.get(globalThis, 'GPUAdapter'), 'requestDevice', async (asked) => {
  const device: unknown = await asked
  if (has(device, 'destroy')) made.push({ lose: () => device.destroy() })
})

const contexts = new Set<unknown>()
for (const canvas of ['HTMLCanvasElement', 'OffscreenCanvas'])
  watch(Reflect.get(globalThis, canvas), 'getContext', (context) => {
    if (!has(context, 'getExtension') || contexts.has(context)) return
    contexts.add(context)
    const { getExtension } = context
    const extension: unknown = Reflect.apply(getExtension, context, ['WEBGL_lose_context'])
    if (has(extension, 'loseContext')) made.push({ lose: () => extension.loseContext() })
  })
