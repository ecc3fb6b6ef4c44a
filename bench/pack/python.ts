/** Which Python measures PyTorch: the first whose PyTorch can use the card, or else the first that has PyTorch. */
import { existsSync, globSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

const usual = [
  ...['/usr/bin/python3', '/usr/local/bin/python3', '/usr/local/bin/python', '/opt/conda/bin/python'],
  ...['/opt/conda/envs/*/bin/python', '/opt/*/bin/python3', '/venv/bin/python', '/workspace/venv/bin/python'],
]

/** Interpreters of this machine, those of the environment first, each once. */
export const pythonsOn = (env: Env): readonly string[] => {
  const inside = [env.VIRTUAL_ENV, env.CONDA_PREFIX].flatMap((root) => (root ? [join(root, 'bin/python')] : []))
  const onPath = ['python3', 'python'].flatMap((name) =>
    (env.PATH ?? '').split(delimiter).flatMap((folder) => (folder === '' ? [] : [join(folder, name)])),
  )
  const seen = new Set<string>()
  const every = [...inside, ...onPath, ...usual.flatMap((path) => globSync(path).toSorted())]
  return every.filter((path) => {
    if (!existsSync(path)) return false
    // a link in another folder may be a virtual environment, which its target is not
    const key = `${realpathSync(join(path, '..'))} ${realpathSync(path)}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
