/** What the backend needs of a page, which is not told how much memory it has. */

export const availableMemory = (): number | null => null
