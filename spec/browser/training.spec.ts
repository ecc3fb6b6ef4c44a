/** The regression of docs/examples trained in a page by the built modules: saved, resumed in the page and in Node, refused. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { mean, silu, square, sub } from '../../src/index.ts'
import { linear, linearSpec } from '../../src/nn/index.ts'
import { adamw, resume, task } from '../../src/train/index.ts'
import { inChromium, openPage } from './chromium.ts'
import { buildLibrary, serve } from './site.ts'

const spec = { hidden: linearSpec(1, 16), out: linearSpec(16, 1) }
const regression = task({
  spec,
  optimiser: adamw({ learningRate: 1e-2 }),
  batch: { x: [32, 1], y: [32, 1] },
  loss: (p, { x, y }) => mean(square(sub(linear(p.out)(silu(linear(p.hidden)(x))), y))),
})

/** The same task in a page, and what the spec asks of it. */
const script = `
import { foldIn, key, mean, silu, square, sub, uniform } from './diffit.js'
import { backends } from './backends.js'
import { linear, linearSpec } from './nn.js'
import { adamw, resume, train } from './train.js'

const spec = { hidden: linearSpec(1, 16), out: linearSpec(16, 1) }
const task = {
  spec,
  optimiser: adamw({ learningRate: 1e-2 }),
  batch: { x: [32, 1], y: [32, 1] },
  loss: (p, { x, y }) => mean(square(sub(linear(p.out)(silu(linear(p.hidden)(x))), y))),
}
const batches = (images) => {
  const x = uniform(foldIn(key(2), images), 32).map((u) => 6 * u - 3)
  return { x, y: x.map(Math.sin) }
}
const until = async (run, updates) => {
  const losses = []
  for await (const { loss } of run.steps(batches, { updates })) losses.push(loss)
  return losses
}
const bytesOf = async (run) => [...new Uint8Array((await run.parameters()).slice().buffer)]
const stored = async (...path) => {
  let folder = await navigator.storage.getDirectory()
  for (const name of path.slice(0, -1)) folder = await folder.getDirectoryHandle(name)
  return folder.getFileHandle(path.at(-1))
}
globalThis.jobs = {
  trains: async () => {
    const run = await train(backends.wasm)({ ...task, key: key(1) })
    const losses = await until(run, 100)
    await run.save('runs/here.safetensors')
    losses.push(...(await until(run, 200)))
    const parameters = await bytesOf(run)
    await run.dispose()
    return { losses, parameters }
  },
  resumes: async () => {
    const run = await resume(backends.wasm)('runs/here.safetensors', task)
    const from = run.progress()
    await until(run, 200)
    const parameters = await bytesOf(run)
    await run.dispose()
    const after = await run.step(batches(0)).then(() => 'it went on', (error) => String(error))
    return { from, parameters, after }
  },
  file: async () => [...new Uint8Array(await (await (await stored('runs', 'here.safetensors')).getFile()).arrayBuffer())],
  refusals: async () => {
    const refusal = (path, of = task) => resume(backends.wasm)(path, of).then(() => 'it did not fail', (e) => e.message)
    const damaged = new Uint8Array(await (await (await stored('runs', 'here.safetensors')).getFile()).arrayBuffer())
    damaged[damaged.length - 50] ^= 1
    const stream = await (await (await navigator.storage.getDirectory()).getFileHandle('damaged', { create: true })).createWritable()
    await stream.write(damaged)
    await stream.close()
    const run = await train(backends.cpu)({ ...task, key: key(1) })
    const unsaved = await run.save('runs').then(() => 'it did not fail', (e) => e.message)
    await run.dispose()
    return [
      await refusal('none.safetensors'),
      await refusal('none/at/all'),
      await refusal('runs'),
      await refusal('damaged'),
      await refusal('runs/here.safetensors', { ...task, spec: { ...spec, out: linearSpec(16, 2) } }),
      unsaved,
    ]
  },
}
`

t.test('training in a page', inChromium, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-page-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await buildLibrary(folder)
  await writeFile(join(folder, 'index.html'), `<!doctype html><script type="module">${script}</script>`)
  const { value, complaints } = await openPage(t, `${await serve(t, folder, true)}index.html`)
  const ask = async (job: string) => JSON.parse(String(await value(`jobs.${job}().then(JSON.stringify)`)))

  const { losses, parameters } = await ask('trains')
  t.equal(losses.length, 200)
  t.ok(losses[199] < 0.4 * losses[0], `${losses[0]} to ${losses[199]}`)

  await t.test('a saved run is resumed in the page, bit for bit, and is gone when disposed of', async (t) => {
    const resumed = await ask('resumes')
    t.strictSame(resumed.from, { images: 3200, updates: 100 })
    t.strictSame(resumed.parameters, parameters)
    t.match(resumed.after, /Error/)
  })

  await t.test('and in Node, where its file is whole', async (t) => {
    const path = join(folder, 'here.safetensors')
    await writeFile(path, Uint8Array.from(await ask('file')))
    const run = await resume(backends.wasm)(path, regression)
    t.strictSame(run.progress(), { images: 3200, updates: 100 })
    await run.dispose()
  })

  await t.test('what cannot be read or written is one sentence that names the file', async (t) => {
    t.strictSame(await ask('refusals'), [
      'cannot read none.safetensors: no such file or folder',
      'cannot read none/at/all: no such file or folder',
      'cannot read runs: it is a folder, or a part of its path is a file',
      'damaged: its content is damaged: it does not have the sha256 that it was written with',
      'runs/here.safetensors: param.*: tensor "out.weight" has shape [1, 16], but this model has [2, 16]',
      'cannot write runs: it is a folder, or a part of its path is a file',
    ])
  })

  await t.test('the program of docs/examples runs as it is', async (t) => {
    const program = stripTypeScriptTypes(await readFile('docs/examples/regression.ts', 'utf8'))
    const inPage = program
      .replace(/from 'diffit\/(\w+)'/g, "from './$1.js'")
      .replace("from 'diffit'", "from './diffit.js'")
      .replaceAll('console.log(', 'shown.push(')
    await writeFile(join(folder, 'regression.js'), `export const shown = []\n${inPage}`)
    const shown = await value(`import('./regression.js').then(({ shown }) => shown)`)
    t.ok(Array.isArray(shown) && shown.length === 20 && shown[18] === 1000 && shown[19] < 0.01, String(shown))
  })
  t.strictSame(complaints, [])
})
