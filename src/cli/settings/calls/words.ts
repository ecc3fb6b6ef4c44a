/** What the words of single commands may be: files, lists of numbers. */
import { named, positiveInteger } from '../../../codec/codecs.ts'

/** The extension protects a run's other files from being overwritten by mistake. */
export const pictureName = named(
  'a file that ends in .png',
  (u): u is string => typeof u === 'string' && /[^/\\]\.png$/i.test(u),
)

/** Numbers as text, `0.2,0.16`. */
const numbersIn = (text: string): readonly number[] =>
  text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))

/** A list of numbers in one word, separated by commas; a flag's text stays text. */
export const list = (name: string, holds: (n: number) => boolean) =>
  named(name, (u): u is string => typeof u === 'string' && numbersIn(u).every(holds))

/** The numbers of such a list, each once, in its order. */
export const listed = (text: string): readonly number[] => [...new Set(numbersIn(text).map((n) => (n === 0 ? 0 : n)))]

/** `0.2,5` */
export const intervalName = named('two noise levels separated by a comma, 0.2,5, the lower first', (u): u is string => {
  if (typeof u !== 'string') return false
  const [low = Number.NaN, high = Number.NaN, ...more] = numbersIn(u)
  return more.length === 0 && low >= 0 && low < high && Number.isFinite(high)
})

/** The settings that `--guidance-interval` gives, nested as in config.yaml. */
export const intervalSaid = ({ guidanceInterval }: { readonly guidanceInterval?: string }): unknown => {
  if (guidanceInterval === undefined) return {}
  const [guidance_low, guidance_high] = numbersIn(guidanceInterval)
  return { sampling: { guidance_low, guidance_high } }
}
export const animationName = named(
  'a file that ends in .webp or .gif',
  (u): u is string => typeof u === 'string' && /[^/\\]\.(?:webp|gif)$/i.test(u),
)

export const atLeastTwo = named('a whole number of at least 2', (u): u is number => positiveInteger.is(u) && u >= 2)

export const arraysName = named(
  'a file that ends in .npz',
  (u): u is string => typeof u === 'string' && /[^/\\]\.npz$/i.test(u),
)
