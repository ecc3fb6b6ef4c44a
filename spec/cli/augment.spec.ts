/** A run with augmentation: trained, sampled and resumed as any other. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { must } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { train } from '../../src/cli/train.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { checkpoint } from './runs.ts'
import { config, quiet } from './tiny.ts'

t.test('it resumes bit for bit, learns what the labels say, and samples without them', async (t) => {
  const folder = t.testdir()
  const path = config(folder, { augment_probability: 0.5 }, { augment_labels: 9 })
  const [whole, parts, plain] = ['whole', 'parts', 'plain'].map((name) => join(folder, name))
  if (whole === undefined || parts === undefined || plain === undefined) throw new Error('three folders')
  await train({ config: path, steps: 3, out: whole }, quiet())
  await train({ config: path, steps: 2, out: parts }, quiet())
  await train({ resume: parts, steps: 3 }, quiet())
  const tensors = async (out: string): Promise<ReadonlyMap<string, string>> => {
    const file = await must(load(checkpoint(out, 3)))
    return new Map(
      [...file.tensors].map(([name, { values }]) => [name, createHash('sha256').update(values).digest('hex')]),
    )
  }
  const trained = await tensors(whole)
  t.strictSame(await tensors(parts), trained)
  t.match(await sample({ run: whole, count: 1, steps: 1 }, () => undefined), /\.png$/)

  await train({ config: config(folder, {}, { augment_labels: 9 }), steps: 3, out: plain }, quiet())
  const without = await tensors(plain)
  t.same([...without.keys()], [...trained.keys()])
  t.ok(trained.has('param.augment_embedder.weight') && trained.has('param.head.conv.weight'))
  t.not(
    without.get('param.head.conv.weight'),
    trained.get('param.head.conv.weight'),
    'without augmentation it learns something else',
  )
  t.not(
    without.get('param.augment_embedder.weight'),
    trained.get('param.augment_embedder.weight'),
    'zero labels train no map',
  )
})
