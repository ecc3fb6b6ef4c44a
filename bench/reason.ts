/** Why something failed, as a phrase that follows a colon. */
export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
