/** Ctrl-C: the first asks the run to finish its step and save, the second exits at once. */

export interface StopSignal {
  readonly asked: () => boolean
  readonly release: () => void
}

export const stopSignal = (onFirst: () => void): StopSignal => {
  let times = 0
  const heard = (): void => {
    times += 1
    if (times > 1) process.exit(130)
    onFirst()
  }
  process.on('SIGINT', heard)
  process.on('SIGTERM', heard)
  return {
    asked: () => times > 0,
    release: () => {
      process.off('SIGINT', heard)
      process.off('SIGTERM', heard)
    },
  }
}
