/** When the validation loss is measured: at numbers of images that grow by a fifth each, so that the early fall is seen well. */

const [first, growth] = [1000, 1.2]

/** Whole batches, ending with the budget. Law: they grow, and each is at most a fifth and a batch beyond the one before. */
export const marksUpTo = (budget: number, batch: number): readonly number[] => {
  const whole = (images: number): number => Math.ceil(images / batch) * batch
  const count = Math.max(0, Math.ceil(Math.log(budget / first) / Math.log(growth)))
  const all = Array.from({ length: count }, (_, i) => whole(first * growth ** i))
  return [...new Set([...all.filter((images) => images < whole(budget)), whole(budget)])]
}
