/** What the backend needs of Node. */

/** Bytes that this process can still take; null where nothing says. */
export const availableMemory = (): number | null => process.availableMemory()
