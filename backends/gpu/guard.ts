/** Work on a device that may be lost meanwhile. */
import { BackendError, BackendLost, OutOfMemory } from '../../src/plan/errors.ts'
import type { Fault, Watch } from './watch.ts'

export type Guard = <T>(act: () => Promise<T> | T) => Promise<T>

/** What a loss causes may come shortly before the news of it. */
const grace = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500))

/**
 * A device that is lost, or says no, is the reason of whatever else goes wrong: the work rejects with it at once, also
 * where it seems to have gone well or would never end. Once lost is lost for ever.
 * @param what the device as people know it
 * @param held bytes on the device
 */
export const guarded = (what: string, watch: Watch, held: () => number): Guard => {
  let lost: BackendLost | null = null
  const errorOf = (fault: Fault): Error => {
    switch (fault.kind) {
      case 'lost':
        lost ??= new BackendLost('gpu', what, fault.why)
        return lost
      case 'full':
        return new OutOfMemory({ what: 'the plan', needed: held(), available: null, where: 'gpu' })
      case 'refused':
        return new Error(`gpu: ${what} refused a command: ${fault.why}`)
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
