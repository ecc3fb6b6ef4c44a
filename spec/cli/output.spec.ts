/** Failing output never ends a run: closed pipes, full disks, closed terminals. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { newestStep, rows, start, steps } from './processes.ts'
import { config } from './tiny.ts'

/** A line of shell, as people type it: how it ended, and what it wrote to standard error. */
const shell = (line: string): Promise<{ readonly code: number | null; readonly err: string }> =>
  new Promise((resolve) => {
    const child = spawn('bash', ['-c', `set -o pipefail; ${line}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE: process.execPath, NODE_OPTIONS: '' },
    })
    let err = ''
    child.stderr.on('data', (d) => {
      err += d
    })
    child.on('close', (code) => resolve({ code, err }))
  })

t.test('`train | head -1`: the run continues to its end', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const run = `"$NODE" src/cli/main.ts train --config ${config(folder)} --steps 3 --out ${out}`
  const { code, err } = await shell(`${run} | head -n 1`)
  t.equal(code, 0)
  t.match(err, 'standard output cannot be written (its reader closed it): continuing without it')
  t.strictSame(steps(out), [0, 1, 2, 3])
  t.equal(newestStep(out), 3)
})

t.test('both outputs closed, then Ctrl-C: the step is finished and saved', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const { child, ended } = start('train', '--config', config(folder), '--minutes', '10', '--out', out)
  child.stdout?.destroy()
  child.stderr?.destroy()
  await rows(out, 4)
  child.kill('SIGINT')
  const { code } = await ended
  t.equal(code, 0)
  t.equal(steps(out).at(-1), newestStep(out))
})

t.test(
  'a full disk with the log on it: a run continues, a command whose only result is its output fails',
  {
    skip: !existsSync('/dev/full') && 'there is no /dev/full here',
  },
  async (t) => {
    const folder = t.testdir()
    const out = join(folder, 'run')
    const run = `"$NODE" src/cli/main.ts train --config ${config(folder)} --steps 2 --out ${out}`
    const { code, err } = await shell(`${run} > /dev/full`)
    t.equal(code, 0)
    t.match(err, 'standard output cannot be written (the disk is full): continuing without it')
    t.equal(newestStep(out), 2)
    const doctor = await shell('"$NODE" src/cli/main.ts doctor > /dev/full')
    t.equal(doctor.code, 1)
    t.match(doctor.err, 'standard output cannot be written (the disk is full)')
  },
)
