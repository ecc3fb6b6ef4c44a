/** What the processor and the engine report. Nothing is tested here; `features.ts` does that. */

/** The engine flag that combines pairs of 128-bit operations into 256-bit ones. */
export const wideningFlag = '--experimental-wasm-revectorize'

export interface Machine {
  readonly arch: string
  readonly v8: string
  /** Instruction sets by their Linux names; null where the operating system does not report them. */
  readonly flags: readonly string[] | null
  /** Whether the engine has `wideningFlag`; null in a browser, where it cannot be set. */
  readonly widens: boolean | null
}

/** The first processor's flags in the text of /proc/cpuinfo. */
export const flagsOf = (cpuinfo: string): readonly string[] | null =>
  /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/) ?? null

const lacks =
  (flag: string) =>
  ({ flags }: Machine): boolean =>
    flags !== null && !flags.includes(flag)

/** Obstacles to 256-bit kernels; the first that applies is the reason. */
const obstacles: readonly (readonly [holds: (m: Machine) => boolean, why: string])[] = [
  [({ widens }) => widens === null, `a page cannot set ${wideningFlag}`],
  [({ arch }) => arch !== 'x64', 'the engine widens on x64 only'],
  [lacks('avx2'), 'the processor has no AVX2'],
  [lacks('fma'), 'the processor has no FMA'],
  [({ v8 }) => Number.parseInt(v8, 10) < 13, 'the engine is older than V8 13'],
  [({ widens }) => widens === false, `the engine has no ${wideningFlag}`],
]

/** Why pairs cannot be widened on this machine; null if they can. */
export const notWide = (m: Machine): string | null => obstacles.find(([holds]) => holds(m))?.[1] ?? null
