/** Host functions in the browser, where the available memory is unknown. */

export const availableMemory = (): number | null => null
