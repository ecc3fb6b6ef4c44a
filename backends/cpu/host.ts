/** Host functions in Node. */

/** Bytes still available to this process; null if unknown. */
export const availableMemory = (): number | null => process.availableMemory()
