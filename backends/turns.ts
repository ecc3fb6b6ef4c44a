/** Serialises calls on one executable, until it is disposed. */
export interface Turns {
  <T>(act: () => Promise<T> | T): Promise<T>
  /** No call is accepted after this. */
  readonly last: (act: () => Promise<void> | void) => Promise<void>
}

export const turns = (backend: string): Turns => {
  let tail: Promise<unknown> = Promise.resolve()
  let disposed = false
  const turn = <T>(act: () => Promise<T> | T): Promise<T> => {
    const next = tail.then(() => {
      if (disposed) throw new Error(`${backend}: the executable has been disposed of`)
      return act()
    })
    tail = next.catch(() => undefined)
    return next
  }
  return Object.assign(turn, {
    last: (act: () => Promise<void> | void) =>
      turn(async () => {
        disposed = true
        await act()
      }),
  })
}
