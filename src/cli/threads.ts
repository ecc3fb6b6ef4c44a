/** How many threads compute. Bits never depend on it, so asking for too many costs nothing but a notice. */

/** @param asked null: one a processor */
export const threadsOf = (
  asked: number | null,
  processors: number,
): { readonly threads: number; readonly notice: string | null } =>
  asked === null || asked <= processors
    ? { threads: asked ?? processors, notice: null }
    : {
        threads: processors,
        notice: `${asked} threads on ${processors} ${processors === 1 ? 'processor' : 'processors'}: more threads than processors only slow it down, so ${processors} ${processors === 1 ? 'computes' : 'compute'}`,
      }
