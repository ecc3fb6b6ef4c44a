/** The number of compute threads. Results do not depend on it, so asking for too many only gives a notice. */

/** @param asked null: one per processor */
export const threadsOf = (
  asked: number | null,
  processors: number,
): { readonly threads: number; readonly notice: string | null } =>
  asked === null || asked <= processors
    ? { threads: asked ?? processors, notice: null }
    : {
        threads: processors,
        notice: `${asked} threads on ${processors} ${processors === 1 ? 'processor' : 'processors'}: more threads than processors would be slower, so ${processors} ${processors === 1 ? 'is' : 'are'} used`,
      }
