/** What the command line of the benchmarks accepts, and the sentences for what it does not. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { trainableOf } from '../../bench/model.ts'
import { benchOptions, jsonFile } from '../../bench/options.ts'

const known = ['contract', 'image-s', 'scaling']

t.test('no options: every workload, one and two threads, with the peers', async (t) => {
  t.match(
    benchOptions([], {}, known),
    E.right({ workloads: known, threads: [1, 2], peers: true, json: false, config: null }),
  )
})

t.test('names select workloads, and --no-peers and --smoke leave the peers out', async (t) => {
  t.match(benchOptions(['scaling'], { peers: false }, known), E.right({ workloads: ['scaling'], peers: false }))
  t.match(benchOptions([], { smoke: true }, known), E.right({ smoke: true, peers: false }))
  t.match(benchOptions([], { smoke: true, peers: true }, known), E.right({ peers: true }))
})

t.test('--backend gpu: compared with wasm, for training steps', async (t) => {
  t.match(benchOptions(['image-s'], { backend: 'gpu' }, known), E.right({ backend: 'gpu' }))
  t.match(benchOptions(['image-s'], { backend: 'webgpu' }, known), E.right({ backend: 'webgpu' }))
  t.match(benchOptions(['image-s'], {}, known), E.right({ backend: null }))
  t.match(benchOptions(['image-s'], { backend: 'cpu' }, known), E.left(/--backend is "cpu": expected gpu or webgpu,/))
  t.match(
    benchOptions(['contract'], { backend: 'gpu' }, known),
    E.left(/--backend gpu is for training steps: expected .*image-s/),
  )
})

t.test('--profile: of training steps, or of all of them', async (t) => {
  t.match(benchOptions(['image-s', 'contract'], { profile: true }, known), E.right({ profile: true }))
  t.match(benchOptions([], { profile: true }, known), E.right({ profile: true }))
  t.match(benchOptions([], { config: 'a.json', profile: true }, known), E.right({ profile: true }))
  t.match(benchOptions([], {}, known), E.right({ profile: false }))
})

t.test('--config: one configuration, batch 16, two threads, ours alone unless --peers', async (t) => {
  t.match(
    benchOptions([], { config: 'a.json' }, known),
    E.right({ config: 'a.json', batch: 16, threads: [2], peers: false }),
  )
  t.match(
    benchOptions([], { config: 'a.json', batch: '4', threads: '1', peers: true }, known),
    E.right({ batch: 4, threads: [1], peers: true }),
  )
})

const wrong: readonly (readonly [string, Parameters<typeof benchOptions>, RegExp])[] = [
  ['an unknown workload', [['contrakt'], {}, known], /there is no workload "contrakt": did you mean "contract"/],
  ['a batch of nothing', [[], { config: 'a.json', batch: '0' }, known], /--batch is "0": expected a whole number/],
  ['threads that are no number', [[], { threads: 'two' }, known], /--threads is "two": expected a whole number/],
  ['a workload with a configuration', [['scaling'], { config: 'a.json' }, known], /expected no workload with it/],
  [
    'a profile of what is no training step',
    [['contract'], { profile: true }, known],
    /expected image-s, .*not "contract"/,
  ],
  ['a batch of a workload', [['image-s'], { batch: '4' }, known], /--batch needs --config FILE/],
]
for (const [what, args, sentence] of wrong)
  t.test(`${what} is one sentence`, async (t) => {
    const result = benchOptions(...args)
    t.match(E.isLeft(result) ? result.left : 'it was accepted', sentence)
  })

t.test('files: a missing one, and one that is not JSON', async (t) => {
  const folder = t.testdir({ 'broken.json': '{"model": ' })
  t.match(jsonFile(join(folder, 'absent.json')), E.left(/cannot read .*absent\.json/))
  t.match(jsonFile(join(folder, 'broken.json')), E.left(/broken\.json is not JSON/))
  writeFileSync(join(folder, 'good.json'), '{"model":"image"}')
  t.same(jsonFile(join(folder, 'good.json')), E.right({ model: 'image' }))
})

t.test('configurations: impossible ones name the field', async (t) => {
  t.match(trainableOf({ model: 'image', heads: 3 }, 1), E.left(/heads is 3/))
  t.match(trainableOf({ model: 'music' }, 1), E.left(/model is "music"/))
  t.match(trainableOf([1], 1), E.left(/expected named fields/))
})
