/** An element of a list that is known to be there; nothing stands in for one that is not. */
export const element = <T>(list: ArrayLike<T>, index: number): T => {
  const x = list[index]
  if (x === undefined) throw new RangeError(`there is no element ${index} in a list of ${list.length}`)
  return x
}
