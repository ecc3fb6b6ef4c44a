/** Ctrl-C: the first asks the run to finish its step and save, the second exits at once. */

export interface StopSignal {
  readonly asked: () => boolean
  readonly release: () => void
}

/** One press can arrive twice, from the terminal and from npm; nobody presses again so soon. */
const echo = 250

export const stopSignal = (onFirst: () => void): StopSignal => {
  let first: number | null = null
  const heard = (): void => {
    if (first === null) {
      first = performance.now()
      onFirst()
    } else if (performance.now() - first > echo) process.exit(130)
  }
  process.on('SIGINT', heard)
  process.on('SIGTERM', heard)
  return {
    asked: () => first !== null,
    release: () => {
      process.off('SIGINT', heard)
      process.off('SIGTERM', heard)
    },
  }
}
