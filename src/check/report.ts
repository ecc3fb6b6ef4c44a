/** The checker's findings, and the sentence that reports them. */

import type { Interval, Odd } from './finite.ts'

/** One input along one direction. */
export interface Finding {
  readonly order: 1 | 2
  /** The path of the input in the tree of points; `dy` is the incoming gradient of the second-order check. */
  readonly input: string
  /** <J' dy, v>, by reverse mode. */
  readonly gradient: number
  /** <dy, J v>, by differences. */
  readonly difference: number
  /** Their relative difference. */
  readonly error: number
  /** The relative difference between two step sizes; null if the first step agreed already. */
  readonly uncertainty: number | null
}

/** What the gradient checker found. */
export interface Report {
  readonly ok: boolean
  readonly tolerance: number
  /** First-order findings if any of those is wrong: a wrong gradient has a wrong derivative too. */
  readonly worst: Finding
  readonly findings: readonly Finding[]
  /** One sentence that names the worst input. */
  readonly message: string
}

/** Where and how the function was checked. */
export interface Setting {
  /** <dy, f> at the point itself. */
  readonly value: number
  /** Of the values of f there. */
  readonly odd: Odd
  /** Whether any of the inputs was drawn from the interval. */
  readonly drawn: boolean
  /** An interval in which the values of f are finite, where they are not and one was found. */
  readonly better: Interval | null
  readonly interval: Interval
  readonly step: number
  readonly tolerance: number
}

/** What decides: NaN is worse than any number. */
const badness = ({ error, uncertainty }: Finding): number => {
  const worse = uncertainty === null ? error : Math.max(error, uncertainty)
  return Number.isNaN(worse) ? Number.POSITIVE_INFINITY : worse
}
const worstOf = (findings: readonly Finding[]): Finding | undefined =>
  findings.toSorted((a, b) => (badness(a) === badness(b) ? 0 : badness(b) - badness(a)))[0]

const named = (names: readonly string[]): string => {
  const [last, ...others] = names.toReversed()
  if (names.length > 4) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
  return others.length === 0 ? `${last}` : `${others.toReversed().join(', ')} and ${last}`
}

const whatOf = ({ order, input }: Finding): string =>
  order === 1 ? `the gradient of ${input}` : `the second derivative along ${input}`
const elsewhere = ({ interval: [low, high] }: Setting): string =>
  `set \`interval\` ([${low}, ${high}] here) to where the function is smooth, or give { shape, values }`

/** The inputs at whose values the function is NaN: those with a NaN gradient, or all if no gradient tells. */
const culprits = (findings: readonly Finding[]): readonly string[] => {
  const inputs = (list: readonly Finding[]): readonly string[] => [
    ...new Set(list.filter((f) => f.order === 1).map((f) => f.input)),
  ]
  const some = inputs(findings.filter((f) => !Number.isFinite(f.gradient)))
  return some.length === 0 ? inputs(findings) : some
}

/** `NaN (3 of 20) and infinite (1 of 20)`; null where all values are finite. */
const oddWords = ({ nans, infinities, total }: Odd): string | null => {
  const words = [
    ...(nans > 0 ? [`NaN (${nans} of ${total})`] : []),
    ...(infinities > 0 ? [`infinite (${infinities} of ${total})`] : []),
  ]
  return words.length === 0 ? null : words.join(' and ')
}

/** What to do about values that are not finite. */
const finiteAdvice = ({ interval: [low, high], drawn, better }: Setting): string => {
  if (!drawn) return 'give { shape, values } where they are finite'
  const example = better === null ? '' : `, such as [${better.join(', ')}]`
  return `set \`interval\` ([${low}, ${high}] here) to where they are finite${example}, or give { shape, values }`
}

const notFinite = (w: Finding, findings: readonly Finding[], setting: Setting): string | null => {
  const odd = oddWords(setting.odd)
  if (odd !== null)
    return `the function's values are ${odd} at the numbers of ${named(culprits(findings))}: ${finiteAdvice(setting)}`
  if (!Number.isFinite(setting.value))
    return `the function is ${setting.value} at the numbers of ${named(culprits(findings))}: ${elsewhere(setting)}`
  if (!Number.isFinite(w.gradient))
    return `${whatOf(w)} is ${w.gradient} by reverse mode and ${w.difference} by central differences: ${elsewhere(setting)}`
  if (!Number.isFinite(w.difference))
    return `${whatOf(w)} cannot be compared, central differences of step ${setting.step} give ${w.difference}: ${elsewhere(setting)}`
  return null
}

const rounded = (x: number): string => x.toExponential(1)

const sentence = (w: Finding, findings: readonly Finding[], setting: Setting, ok: boolean): string => {
  const allowed = `(${setting.tolerance.toExponential(0)} allowed)`
  const off = `off by ${rounded(w.error)} of its size ${allowed}`
  if (ok) return `the gradient agrees with central differences; ${whatOf(w)} is ${off}, the worst`
  const none = notFinite(w, findings, setting)
  if (none !== null) return none
  if (w.uncertainty !== null && w.uncertainty > setting.tolerance)
    return `${whatOf(w)} cannot be compared, central differences do not settle as their step falls from ${setting.step} (${w.difference} to within ${rounded(w.uncertainty)} of its size ${allowed}; reverse mode gives ${w.gradient}): ${elsewhere(setting)}`
  return `${whatOf(w)} is wrong: reverse mode gives ${w.gradient}, central differences ${w.difference}: ${off}`
}

/** The report of all findings; there is at least one. */
export const reportOf = (findings: readonly [Finding, ...Finding[]], setting: Setting): Report => {
  const { tolerance } = setting
  const wrong = findings.filter((f) => badness(f) > tolerance)
  const first = wrong.filter((f) => f.order === 1)
  const ok = wrong.length === 0
  const worst = worstOf(first) ?? worstOf(wrong) ?? worstOf(findings) ?? findings[0]
  return { ok, tolerance, worst, findings, message: sentence(worst, findings, setting, ok) }
}
