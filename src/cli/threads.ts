/** The number of compute threads. Results do not depend on it, so asking for too many only gives a notice. */

/** @param requested null: one per processor */
export const threadsOf = (
  requested: number | null,
  processors: number,
): { readonly threads: number; readonly notice: string | null } =>
  requested === null || requested <= processors
    ? { threads: requested ?? processors, notice: null }
    : {
        threads: processors,
        notice: `${requested} threads on ${processors} ${processors === 1 ? 'processor' : 'processors'}: more threads than processors would be slower, so ${processors} ${processors === 1 ? 'is' : 'are'} used`,
      }
