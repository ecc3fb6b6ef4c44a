/** Stages of `npm run bench:pack`: each ends in its time, one that fails is a row, and the worthiest come first. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import t from 'tap'
import { lacking } from '../../../bench/pack/libraries.ts'
import { allowed, reasonIn, rowsOf, runStage, type Stage } from '../../../bench/pack/stage.ts'
import { type Machine, stagesOf, threadsOn } from '../../../bench/pack/stages.ts'
import { known } from '../../../bench/pack/vulkan.ts'

const never = new AbortController().signal
const shell = (script: string): Stage => ({
  ...{ what: 'image-s', by: 'a shell', seconds: 60 },
  ...{ command: ['/bin/sh', '-c', script], env: process.env },
})
const row = (remark: string): string => `printf '{"what":"a","by":"b","remark":"%s"}\\n' ${remark}`
const run = async (stage: Stage, seconds = stage.seconds, signal = never) =>
  rowsOf(stage, await runStage(stage, seconds, signal))

/** Started by a stage, and still at work when it ends. */
const late = `(sleep 10; ${row('late')}) &`

t.test('rows of a stage that ends well, without what else it prints', async (t) => {
  t.same(await run(shell(`echo warning; ${row('one')}; ${row('two')}`)), [
    { what: 'a', by: 'b', remark: 'one' },
    { what: 'a', by: 'b', remark: 'two' },
  ])
})

t.test(
  'a stage that fails, says nothing or does not start is a row that says why, behind those it wrote',
  async (t) => {
    t.match(await run(shell(`${row('one')}; echo first >&2; echo broken >&2; exit 3`)), [
      { remark: 'one' },
      { what: 'image-s', by: 'a shell', problem: 'it ended with 3: broken' },
    ])
    t.match(await run(shell('true')), [{ problem: 'it wrote no figure' }])
    const missing: Stage = { ...shell(''), command: ['/no/such/program'] }
    t.match(await run(missing), [{ problem: /^\/no\/such\/program does not start: / }])
  },
)

t.test('out of time: ended with all that it started, and what it wrote is kept', async (t) => {
  const problem = { what: 'image-s', by: 'a shell', problem: 'it ran out of its 2 s' }
  t.same(await run(shell(`${row('one')}; ${late} wait`), 2), [{ what: 'a', by: 'b', remark: 'one' }, problem])
})

t.test('interrupted: it ends at once', async (t) => {
  const stop = new AbortController()
  const ended = run(shell(`(sleep 10; ${row('late')})`), 60, stop.signal)
  stop.abort()
  t.match(await ended, [{ what: 'image-s', problem: 'it was interrupted' }])
})

t.test('what a stage that ended well left behind is ended too', async (t) => {
  t.same(await run(shell(`${late} ${row('one')}`)), [{ what: 'a', by: 'b', remark: 'one' }])
})

t.test('what escaped from the group of a stage does not hold it up, though it holds its output open', async (t) => {
  const start = performance.now()
  t.same(await run(shell(`setsid sleep 20 & sleep 1; ${row('one')}`)), [{ what: 'a', by: 'b', remark: 'one' }])
  t.ok(performance.now() - start < 15_000)
})

t.test('the reason of a program that failed is the line of its error, not what Node or a stack adds', async (t) => {
  const node = 'file:///a.ts:3\n  throw new Refusal()\n\nRefusal: webgpu: there is none\n    at b\n\nNode.js v24.21.0\n'
  t.equal(reasonIn(node), 'Refusal: webgpu: there is none')
  t.equal(
    reasonIn('Traceback:\n  File\nModuleNotFoundError: No module named torch\n'),
    'ModuleNotFoundError: No module named torch',
  )
  t.equal(reasonIn('a\nkilled\n'), 'killed')
  t.equal(reasonIn(''), '')
  const loader = 'ERROR:             libXext.so.6: cannot open\n[Vulkan Loader] ERROR: | DRIVER: none'
  t.match(
    reasonIn(`${loader}\nRefusal: there is none`),
    /^Refusal: there is none; Vulkan's loader: libXext\.so\.6: cannot open/,
  )
})

t.test('a stage has its own limit, or what is left of all', async (t) => {
  const at = (now: number) => allowed({ seconds: 40 }, { now: () => now, end: 340 })
  t.same([at(0), at(300), at(320), at(338), at(400)], [40, 40, 20, null, null])
})

const machine: Machine = {
  ...{ folder: '/there', node: '/there/runtime/node', python: '/usr/bin/python3', cores: 16, quick: false },
  ...{ env: { LD_LIBRARY_PATH: '/there/lib' }, plain: {}, cuda: true, noCard: null },
}
const names = (m: Machine): readonly string[] => stagesOf(m).map(({ what, by }) => `${what}: ${by}`)

t.test('of everything the most telling first: the card, the most threads and one; then the rest', async (t) => {
  const all = names(machine)
  t.match(all, [/^parity: diffit webgpu/, /^image-s.*webgpu/, /^latent-s.*webgpu/, /^emoji32.*webgpu/])
  t.match(all.at(4), /^captured; eager; .* card$/)
  t.match(all.slice(5, 10), [
    /wasm, 16 threads/,
    /wasm, 16 threads/,
    /wasm, 1 thread/,
    /wasm, 1 thread/,
    /^eager; .* processor/,
  ])
  t.equal(all.filter((name) => name.includes('wasm')).length, 10, 'two models on 1 to 16 threads')
  t.match(all.at(-1), /^compiled: .* processor/)
  t.equal(new Set(stagesOf(machine).map(({ command }) => command.join())).size, all.length, 'none is measured twice')
  for (const { command, env } of stagesOf(machine))
    t.equal(env.LD_LIBRARY_PATH, command[0] === machine.node ? '/there/lib' : undefined, 'libraries are for ours alone')
})

t.test('without PyTorch ours alone; quick: one tiny model; one core: no thread count is left for later', async (t) => {
  t.notMatch(names({ ...machine, python: null }).join(), /PyTorch/)
  const quick = names({ ...machine, quick: true, cores: 2 })
  t.notMatch(quick.join(), /image-s|emoji32/)
  t.equal(quick.filter((name) => name.includes('wasm')).length, 2)
  t.equal(names({ ...machine, cores: 1 }).filter((name) => /PyTorch on the processor/.test(name)).length, 2)
})

t.test('without a card its stages are rows that say so', async (t) => {
  const left = (m: Machine) => stagesOf(m).filter(({ leftOut }) => leftOut !== undefined)
  t.same(left(machine), [])
  const without = left({ ...machine, noCard: 'there is no adapter', cuda: false })
  t.ok(
    without.every(
      ({ by, leftOut }) => (/webgpu|gpu/.test(by) ? 'there is no adapter' : 'PyTorch finds no card') === leftOut,
    ),
  )
  t.equal(without.length, 10)
})

t.test('threads: powers of two as far as there are cores: the most, one, the others', async (t) => {
  t.same(threadsOn(16), [16, 1, 8, 4, 2])
  t.same(threadsOn(6), [4, 1, 2])
  t.same(threadsOn(1), [1])
})

t.test('libraries of the archive are taken where the machine has none of its own', async (t) => {
  const listing = [
    '3 libs found in cache `/etc/ld.so.cache',
    '\tlibX11.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libX11.so.6',
    '\tlibvulkan.so.1 (libc6) => /lib/i386-linux-gnu/libvulkan.so.1',
  ].join('\n')
  t.same([...known(listing)], [['libX11.so.6', '/lib/x86_64-linux-gnu/libX11.so.6']])
  t.same(lacking(['libX11.so.6', 'libvulkan.so.1'], listing), ['libvulkan.so.1'], 'one of 32 bits is of no use')
  const packed = ['libvulkan.so.1', 'libstdc++.so.6.0.30', 'libgcc_s.so.1']
  t.same(lacking(packed, ''), ['libvulkan.so.1'], 'never what Node itself runs with')
})

t.test('--only: a model, whose steps are measured by all; or a part of a name', async (t) => {
  const of = (only: string) => stagesOf(machine, only).map(({ what, by }) => `${what}: ${by}`)
  t.ok(of('image-s').every((name) => /^image-s|PyTorch/.test(name)))
  t.same(of('emoji32').filter((name) => /card|webgpu/.test(name)).length, 3)
  for (const { command } of stagesOf(machine, 'emoji32')) t.notMatch(command.at(-1), /image-s|latent-s/)
  t.ok(of('diffit webgpu').every((name) => name.endsWith('diffit webgpu')))
  t.same(of('nothing'), [])
})

t.test('docs/performance.md: every command of a row that is not measured selects stages', async (t) => {
  const page = await readFile(resolve(import.meta.dirname, '../../../docs/performance.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.includes('not measured') && line.includes('run.sh'))
  t.ok(rows.length >= 5)
  for (const line of rows) {
    const [, quoted, word = 'nothing'] = /--only (?:'([^']+)'|([\w-]+))/.exec(line) ?? []
    t.ok(stagesOf(machine, quoted ?? word).length > 0, line)
  }
})
