/** Work on a device that may be lost meanwhile. */
import { BackendError, BackendLost, OutOfMemory } from '../src/plan/errors.ts'
import type { Fault, Watch } from './watch.ts'

export type Guard = <T>(act: () => Promise<T> | T) => Promise<T>

/** Errors caused by a loss may arrive shortly before the loss itself is reported. */
const grace = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500))

/**
 * A lost or failing device is the cause of any other error: the work rejects with it at once, even if it seems to have
 * succeeded or would never finish. A loss is permanent.
 * @param backend the name of the backend
 * @param what the device's display name
 * @param held bytes on the device
 */
export const guarded = (backend: string, what: string, watch: Watch, held: () => number): Guard => {
  let lost: BackendLost | null = null
  const errorOf = (fault: Fault): Error => {
    switch (fault.kind) {
      case 'lost':
        lost ??= new BackendLost(backend, what, fault.why)
        return lost
      case 'full':
        return new OutOfMemory({ what: 'the plan', needed: held(), available: null, where: backend })
      case 'refused':
        return new Error(`${backend}: ${what} refused a command: ${fault.why}`)
    }
  }
  const check = (): void => {
    const why = watch.lost()
    if (why !== null || lost !== null) throw errorOf({ kind: 'lost', why: why ?? '' })
  }
  return async (act) => {
    check()
    const { promise: wrong, reject } = Promise.withResolvers<never>()
    const end = watch.listen((fault) => reject(errorOf(fault)))
    try {
      const done = await Promise.race([wrong, act()])
      check()
      return done
    } catch (error) {
      if (!(error instanceof BackendError)) await Promise.race([wrong, grace()])
      check()
      throw error
    } finally {
      end()
    }
  }
}
