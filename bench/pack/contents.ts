/** What the archive of `npm run bench:pack` holds, as data: sources, the packages that they need, references, by path in the repository. */

/** Packages that the command line and the devices need; what these depend on follows. */
export const packages = ['cli-progress', 'commander', 'fp-ts', 'gpu.js', 'io-ts', 'wabt', 'webgpu', 'yaml'] as const

/** Results of the PyTorch reference that parity is checked with. */
export const references = ['latent-plain', 'unconditional', 'trajectory'] as const

export const sources = [
  'package.json',
  'LICENSE',
  'src',
  'backends',
  'bench',
  ...references.map((name) => `spec/fixtures/${name}.safetensors`),
]

/** Of a package's package.json. */
export interface Needs {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/**
 * The packages and all that they depend on, sorted.
 * @param needsOf null if it is not installed
 */
export const closure = (roots: readonly string[], needsOf: (name: string) => Needs | null): readonly string[] => {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const needs = found.has(name) ? null : needsOf(name)
    if (needs === null) return
    found.add(name)
    for (const other of Object.keys({ ...needs.dependencies, ...needs.optionalDependencies })) visit(other)
  }
  for (const root of roots) visit(root)
  return [...found].toSorted()
}

const leftOut: readonly RegExp[] = [
  /^backends\/gpu\/gl\/headless(\/|$)/,
  /^bench\/peers\/node_modules(\/|$)/,
  // binaries of other systems
  /^node_modules\/webgpu\/dist\/(?!linux-x64(\/|$))[^/]+/,
  /^node_modules\/.*\.(map|d\.ts|d\.mts|d\.cts|md)$/,
  /^node_modules\/fp-ts\/(es6|dist)(\/|$)/,
  // of gpu.js: what pages load
  /^node_modules\/gpu\.js\/dist(\/|$)/,
]

/** Whether a path of the repository (or of a folder in it) is packed. */
export const isPacked = (path: string): boolean => !leftOut.some((pattern) => pattern.test(path))

/** The most that the archive may be. */
export const mostBytes = 60e6
