/**
 * How Vulkan finds NVIDIA's driver: by a description file (ICD) in a folder that the loader looks into, which containers often
 * lack although the driver's libraries are mounted; and what else is tried where no card is found at once.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/** The folders of description files, in the order of the Vulkan loader (its LoaderInterfaceArchitecture.md). */
export const icdFolders = (env: Env): readonly string[] => {
  const listed = (name: string, otherwise: string): readonly string[] => (env[name] || otherwise).split(delimiter)
  const home = (path: string): string => (env.HOME === undefined ? '' : join(env.HOME, path))
  return [
    ...listed('XDG_CONFIG_HOME', home('.config')),
    ...listed('XDG_CONFIG_DIRS', '/etc/xdg'),
    ...['/usr/local/etc', '/etc'],
    ...listed('XDG_DATA_HOME', home('.local/share')),
    ...listed('XDG_DATA_DIRS', '/usr/local/share:/usr/share'),
  ].flatMap((folder) => (folder === '' ? [] : [join(folder, 'vulkan/icd.d')]))
}

/** Where drivers are mounted without being in the list of the dynamic linker. */
const driverFolders = [
  ...['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'],
  ...['/usr/local/nvidia/lib64', '/usr/local/nvidia/lib', '/usr/lib/x86_64-linux-gnu/nvidia/current'],
  ...['/usr/lib64/nvidia', '/usr/lib/nvidia', '/run/nvidia/driver/usr/lib/x86_64-linux-gnu', '/run/opengl-driver/lib'],
]

/** Names and paths that `ldconfig -p` lists. */
export const known = (listing: string): ReadonlyMap<string, string> =>
  new Map(
    listing.split('\n').flatMap((line) => {
      const [, name, path] = /^\s+(\S+) \(.*x86-64.*\) => (\S+)/.exec(line) ?? []
      return name === undefined || path === undefined ? [] : [[name, path] as const]
    }),
  )

/** The path of a library of the driver, by its name or, where nobody made that link, with its version. */
const libraryIn = (folders: readonly string[], name: string): string | null => {
  for (const folder of folders) {
    const path = join(folder, name)
    if (existsSync(path)) return path
    const [versioned] = globSync(join(folder, name.replace(/0$/, '*')))
    if (versioned !== undefined) return versioned
  }
  return null
}

export interface Found {
  /** Description files of NVIDIA's driver where the loader looks. */
  readonly icds: readonly string[]
  /** NVIDIA's driver itself: null if it is nowhere. */
  readonly glx: string | null
  /** The same without X, good for machines that lack X's libraries. */
  readonly egl: string | null
  /** Whether the environment names description files already. */
  readonly named: boolean
}

const isIcd = (path: string): boolean => {
  try {
    const { ICD } = JSON.parse(readFileSync(path, 'utf8'))
    return typeof ICD.library_path === 'string'
  } catch {
    // empty, or no file: containers mount what the host does not have
    return false
  }
}

/** @param listing of `ldconfig -p` */
export const lookFor = (env: Env, listing: string): Found => {
  const there = known(listing)
  const folders = [...(env.LD_LIBRARY_PATH ?? '').split(delimiter).filter((path) => path !== ''), ...driverFolders]
  const library = (name: string): string | null => there.get(name) ?? libraryIn(folders, name)
  return {
    icds: icdFolders(env)
      .flatMap((folder) => globSync(join(folder, '*nvidia*.json')).toSorted())
      .filter(isIcd),
    glx: library('libGLX_nvidia.so.0'),
    egl: library('libEGL_nvidia.so.0'),
    named: Boolean(env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES),
  }
}

/** A description file's text. */
export const icdOf = (library: string): string =>
  `${JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } })}\n`

/** A way of looking for a card. */
export interface Trial {
  readonly name: string
  /** The only description file; null: those that the loader finds. */
  readonly icd: { readonly file: string } | { readonly library: string } | null
  /** The archive's libraries before the machine's, not behind them. */
  readonly packedFirst: boolean
}

/** The first is usual; the others are tried, in this order, where it finds no card. */
export const trialsOf = ({ icds: [file], glx, egl, named }: Found): readonly Trial[] => {
  const usual: Trial = { name: "the machine's drivers", icd: null, packedFirst: false }
  const described: readonly Trial[] = file === undefined ? [] : [{ ...usual, name: file, icd: { file } }]
  const written = [glx, egl].flatMap((library): readonly Trial[] =>
    library === null ? [] : [{ ...usual, name: library, icd: { library } }],
  )
  const all = [...described, ...written]
  const packed = all
    .slice(0, 1)
    .map((trial) => ({ ...trial, name: "the archive's libraries first", packedFirst: true }))
  return named || file !== undefined || glx === null ? [usual, ...all, ...packed] : [...written, ...packed, usual]
}

/**
 * The environment of a trial: written description files are in `folder`, the archive's libraries in `lacking` (those that the
 * machine lacks) and `packed` (all).
 */
export const environmentOf = (
  trial: Trial,
  env: Env,
  at: { readonly folder: string; readonly lacking: string; readonly packed: string },
): NodeJS.ProcessEnv => {
  const { icd, packedFirst } = trial
  const own = (env.LD_LIBRARY_PATH ?? '').split(delimiter)
  const beside = icd !== null && 'library' in icd ? [join(icd.library, '..')] : []
  const path = [...(packedFirst ? [at.packed] : []), ...own, at.lacking, ...beside].filter((part) => part !== '')
  const set = { ...env, LD_LIBRARY_PATH: path.join(delimiter) }
  if (icd === null) return set
  const file = 'file' in icd ? icd.file : join(at.folder, `${icd.library.replaceAll('/', '_')}.json`)
  if ('library' in icd) {
    mkdirSync(at.folder, { recursive: true })
    writeFileSync(file, icdOf(icd.library))
  }
  // the older name is for loaders before 1.3.207
  return { ...set, VK_DRIVER_FILES: file, VK_ICD_FILENAMES: file }
}
