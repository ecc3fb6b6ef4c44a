/** What there is on a machine: its processor and card, NVIDIA's driver for Vulkan, the Python that has PyTorch. */
import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { machine } from '../machine.ts'
import { reason } from '../reason.ts'
import { givable, lacking } from './libraries.ts'
import { pythonsOn } from './python.ts'
import type { Row } from './row.ts'
import { perform, type Session } from './session.ts'
import type { Stage } from './stage.ts'
import { environmentOf, type Found, lookFor, trialsOf } from './vulkan.ts'

interface Said {
  readonly ok: boolean
  readonly text: string
  /** Whether there is such a program, which need not end well. */
  readonly there: boolean
}

/** The most that a program is waited for, in milliseconds: one that a driver holds cannot even be ended. */
const [longest, andKilled] = [20_000, 22_000]

/** What a program prints, or why it does not. */
const said = (program: string, args: readonly string[]): Promise<Said> =>
  new Promise((resolve) => {
    const hangs: Said = { ok: false, text: `${program} hangs`, there: true }
    const timer = setTimeout(() => resolve(hangs), andKilled)
    execFile(program, args, { timeout: longest, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      clearTimeout(timer)
      if (error === null) return resolve({ ok: true, text: stdout.trim(), there: true })
      if (error.killed === true) return resolve(hangs)
      const [first = ''] = `${stdout}${stderr}`.trim().split('\n')
      resolve({ ok: false, text: first || error.message, there: error.code !== 'ENOENT' })
    })
  })

const listing = async (): Promise<string> => {
  const { ok, text } = await said('/sbin/ldconfig', ['-p'])
  return ok ? text : (await said('ldconfig', ['-p'])).text
}

const queries = ['nvidia-smi', '/usr/bin/nvidia-smi', '/usr/local/nvidia/bin/nvidia-smi']
const short = 'name,driver_version,memory.total'

const cards = async (): Promise<Row> => {
  const [what, by] = ['machine', 'card']
  for (const program of queries)
    for (const fields of [`${short},memory.used,utilization.gpu,mig.mode.current`, short]) {
      const { ok, text, there } = await said(program, [`--query-gpu=${fields}`, '--format=csv,noheader'])
      if (!there) break
      if (ok && text !== '')
        return { what, by, remark: `${text.replaceAll('\n', '; ')} (${fields.replaceAll(',', ', ')})` }
      // an older one may not know all fields
      if (fields === short || text.endsWith(' hangs')) return { what, by, problem: `nvidia-smi: ${text}` }
    }
  return { what, by, problem: 'there is no nvidia-smi' }
}

const processor = async (): Promise<Row> => {
  const [what, by] = ['machine', 'processor']
  try {
    const libc = await said('getconf', ['GNU_LIBC_VERSION'])
    return { what, by, remark: [await machine(), ...(libc.ok ? [libc.text] : [])].join('; ') }
  } catch (error) {
    return { what, by, problem: reason(error) }
  }
}

const driver = ({ icds, glx, egl }: Found): Row => {
  const [what, by] = ['machine', 'driver for Vulkan']
  const devices = globSync('/dev/nvidia*').toSorted().join(' ') || 'no /dev/nvidia*'
  const remark = [...icds, glx ?? 'no libGLX_nvidia.so.0', egl ?? 'no libEGL_nvidia.so.0', devices].join('; ')
  if (glx !== null || egl !== null || icds.length > 0) return { what, by, remark }
  const advice = 'of a container they are mounted with NVIDIA_DRIVER_CAPABILITIES=all'
  return { what, by, problem: `the driver's libraries for graphics are not there (${remark}); ${advice}` }
}

export interface Looked {
  readonly rows: readonly Row[]
  /** Of our programs, by the ways of looking for a card, with the name of each. */
  readonly ways: readonly { readonly name: string; readonly env: NodeJS.ProcessEnv }[]
  /** Of PyTorch. */
  readonly plain: NodeJS.ProcessEnv
}

/** @param work a folder of this run's own */
export const look = async (folder: string, work: string): Promise<Looked> => {
  // no window is opened: a driver that looks for a display might wait for it
  const { DISPLAY: _d, WAYLAND_DISPLAY: _w, NODE_OPTIONS: _n, ...inherited } = process.env
  const base = { ...inherited, XDG_RUNTIME_DIR: work }
  const listed = await listing()
  const from = join(folder, 'lib')
  const packed = existsSync(from) ? readdirSync(from) : []
  const linked = (name: string, libraries: readonly string[]): string => {
    const to = join(work, name)
    mkdirSync(to)
    for (const library of libraries) symlinkSync(join(from, library), join(to, library))
    return to
  }
  const libraries = { lacking: linked('lacking', lacking(packed, listed)), packed: linked('packed', givable(packed)) }
  const found = lookFor(base, listed)
  // a driver that keeps what it compiled would hide what a cold start costs
  const env = { ...base, __GL_SHADER_DISK_CACHE: '0', VK_LOADER_DEBUG: 'error', DIFFIT_GPU: 'webgpu' }
  const ways = trialsOf(found).map((trial) => ({
    name: trial.name,
    env: environmentOf(trial, env, { folder: join(work, 'icd'), ...libraries }),
  }))
  const plain = {
    ...{ LOGNAME: 'diffit', PYTHONDONTWRITEBYTECODE: '1' },
    ...base,
    // in a container the home may be read-only, or the user without a name
    ...{ TORCHINDUCTOR_CACHE_DIR: join(work, 'inductor'), TRITON_CACHE_DIR: join(work, 'triton') },
    ...{ TRITON_HOME: work, CUDA_CACHE_PATH: join(work, 'cuda') },
  }
  return { rows: [await processor(), await cards(), driver(found)], ways, plain }
}

/** A session that tells what it finds, and keeps of it what is chosen later. */
const aside = (session: Session) => {
  const rows: Row[] = []
  return { rows, session: { ...session, keep: (more: readonly Row[]) => rows.push(...more) } }
}

export interface Python {
  readonly path: string
  readonly cuda: boolean
}

/** @param asked by --python */
export const findPython = async (
  asked: string | undefined,
  folder: string,
  env: NodeJS.ProcessEnv,
  session: Session,
): Promise<Python | null> => {
  const problems: Row[] = []
  let first: { readonly path: string; readonly rows: readonly Row[] } | null = null
  const choose = (path: string, rows: readonly Row[], cuda: boolean): Python => {
    session.keep(rows)
    return { path, cuda }
  }
  for (const [i, path] of (asked === undefined ? pythonsOn(env) : [asked]).entries()) {
    const tried = aside(session)
    const command = [path, `${folder}/bench/pack/torch_steps.py`] as const
    const stage: Stage = { what: 'PyTorch', by: path, seconds: i === 0 ? 60 : 20, command, env }
    const rows = await perform(stage, '[looking]', tried.session)
    if (rows.some(({ card }) => card === true)) return choose(path, rows, true)
    if (rows.length > 0) first ??= { path, rows }
    problems.push(...tried.rows.filter(({ problem }) => problem !== undefined))
  }
  if (first !== null) return choose(first.path, first.rows, false)
  session.keep(problems.length > 0 ? problems : [{ what: 'PyTorch', by: 'PyTorch', problem: 'there is no Python' }])
  return null
}

export interface Adapter {
  readonly env: NodeJS.ProcessEnv
  /** Why steps are left out; null if a card computes, or nothing does (Dawn's null backend). */
  readonly noCard: string | null
}

/** The first way by which there is a card; else the first by which there is an adapter. Every way that fails is a row. */
export const findAdapter = async (
  { ways }: Pick<Looked, 'ways'>,
  [node, folder]: readonly [node: string, folder: string],
  session: Session,
): Promise<Adapter | null> => {
  let software: NodeJS.ProcessEnv | null = null
  for (const [i, { name, env }] of ways.entries()) {
    const tried = aside(session)
    const command = [node, `${folder}/bench/pack/agreement.ts`, 'adapter'] as const
    const stage: Stage = { what: 'adapter', by: 'diffit webgpu', seconds: i === 0 ? 30 : 15, command, env }
    const rows = await perform(stage, '[looking]', tried.session)
    session.keep(tried.rows.map((row) => ({ ...row, setting: name })))
    if (rows.length === 0) continue
    if (rows.every((row) => row.software !== true)) return { env, noCard: null }
    software ??= env
  }
  return software === null
    ? null
    : { env: software, noCard: 'its adapter is the processor; --quick measures a tiny model on it' }
}
