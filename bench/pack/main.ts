/**
 * `npm run bench:pack`: one archive that a Linux machine without Node or network unpacks and measures itself with. It is a
 * tar file compressed by gzip, both written by the system's tar: these are on every machine, while xz is not, and Node, Dawn
 * and the sources stay below the limit with either.
 */
import { type ExecFileSyncOptions, execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { closure, isPacked, mostBytes, type Needs, packages, sources } from './contents.ts'
import { debian, sonames } from './libraries.ts'
import { known } from './vulkan.ts'

const root = resolve(import.meta.dirname, '../..')

/** The folder that the archive unpacks to. */
const name = 'diffit-measure'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Of a program that failed, what it said last. */
const why = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const said = 'stderr' in error ? `${error.stderr}`.trim().split('\n').at(-1) : ''
  return said || (error.message.split('\n')[0] ?? '')
}

const needsOf = (of: string): Needs | null => {
  const path = join(root, 'node_modules', of, 'package.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}

const copy = (path: string, to: string): void => {
  mkdirSync(dirname(join(to, path)), { recursive: true })
  cpSync(join(root, path), join(to, path), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (from) => isPacked(relative(root, from)),
  })
}

/** Node without its symbols, where there is `strip`. */
const copyNode = (to: string): void => {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(process.execPath, to)
  chmodSync(to, 0o755)
  try {
    execFileSync('strip', [to])
  } catch (error) {
    say(`Node is packed as it is, larger than it need be: strip does not work: ${why(error)}`)
  }
}

/** Libraries that are installed here, in place of Debian's packages. */
const copyInstalled = (to: string): void => {
  const there = known(execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }))
  const missing = sonames.filter((name) => {
    const from = there.get(name)
    if (from !== undefined) copyFileSync(from, join(to, name))
    return from === undefined
  })
  if (missing.length > 0) say(`The archive lacks what is not installed here: ${missing.join(', ')}`)
}

/** The libraries of Debian's packages, unpacked without installing them; or those of this machine. */
const copyLibraries = (to: string, work: string): void => {
  mkdirSync(to, { recursive: true })
  const [debs, tree] = [join(work, 'debs'), join(work, 'tree')]
  mkdirSync(debs)
  try {
    const quiet: ExecFileSyncOptions = { cwd: debs, stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 }
    execFileSync('apt-get', ['download', ...debian], quiet)
    for (const deb of readdirSync(debs)) execFileSync('dpkg-deb', ['-x', join(debs, deb), tree], quiet)
    for (const path of globSync(join(tree, '{usr/,}lib/x86_64-linux-gnu/*.so.*')))
      cpSync(path, join(to, path.slice(path.lastIndexOf('/') + 1)), { verbatimSymlinks: true })
  } catch (error) {
    say(
      `Debian's packages cannot be fetched, so installed libraries are packed, which may need a newer system: ${why(error)}`,
    )
    try {
      copyInstalled(to)
    } catch (error) {
      say(`The archive has no Vulkan loader, so the machine needs its own (libvulkan1): ${why(error)}`)
    }
  }
}

const pack = (out: string): void => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`bench:pack packs what runs here, which is ${process.platform} ${process.arch}: expected linux x64`)
  const work = mkdtempSync(join(tmpdir(), 'diffit-pack-'))
  try {
    const folder = join(work, name)
    const needed = closure(packages, needsOf).map((of) => `node_modules/${of}`)
    say(`copying the sources and ${needed.length} packages`)
    for (const path of [...sources, ...needed]) copy(path, folder)
    copyFileSync(join(root, 'bench/pack/run.sh'), join(folder, 'run.sh'))
    say(`copying Node ${process.versions.node}`)
    copyNode(join(folder, 'runtime/node'))
    say(`fetching ${debian.length} packages of Debian: the Vulkan loader and what drivers want`)
    copyLibraries(join(folder, 'lib'), work)
    say('compressing, which takes a minute')
    mkdirSync(dirname(out), { recursive: true })
    execFileSync('tar', [
      '--create',
      '--gzip',
      '--owner=0',
      '--group=0',
      `--file=${out}.part`,
      `--directory=${work}`,
      name,
    ])
    const { size } = statSync(`${out}.part`)
    if (size > mostBytes) {
      rmSync(`${out}.part`)
      throw new Error(`the archive has ${(size / 1e6).toFixed(1)} MB: expected at most ${mostBytes / 1e6}`)
    }
    renameSync(`${out}.part`, out)
    console.log(`${out}: ${(size / 1e6).toFixed(1)} MB; there: tar -xzf ${basename(out)} && ./${name}/run.sh`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

new Command('bench:pack')
  .description('pack what measures a Linux machine with a card, without Node or network, into one archive')
  .option('--out <file>', 'the archive', `${name}.tar.gz`)
  .action(({ out }: { readonly out: string }) => {
    try {
      pack(resolve(out))
    } catch (error) {
      console.error(why(error))
      process.exitCode = 1
    }
  })
  .parse()
