/**
 * Parity with the PyTorch reference on small cases that it wrote (spec/fixtures): both denoisers, different widths, depths,
 * windows, grids, patches and heads, with and without classes and learned variance, odd batch sizes; autoencoders of one to
 * three levels; and a trajectory of training and sampling. Also what parity rejects.
 */
import { Command } from 'commander'
import { either as E, record } from 'fp-ts'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { parityAutoencoder } from '../../src/cli/parity/parityAutoencoder.ts'
import { parityCase, worstOf } from '../../src/cli/parity/parityCase.ts'
import { largest, reference, relativeError } from '../../src/cli/parity/reference.ts'
import { parity, parityCommand, within } from '../../src/cli/parity.ts'
import type { Stored } from '../../src/io/safetensors.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { optionsOf } from '../devices.ts'
import { autoencoders, fixture, parities } from '../parities.ts'

for (const [name, backend] of record.toEntries(backends))
  for (const file of parities[name])
    t.test(`${name} agrees with the reference: ${file}`, optionsOf(backend), async (t) => {
      const result = await parity(backend, fixture(file))
      t.equal(result.kind, file === 'trajectory' ? 'trajectory' : 'case')
      t.equal(result.deviations.length, autoencoders.includes(file) ? 4 : 3)
      t.ok(within(result), 'within the tolerance', { found: result })
    })

t.test('errors are relative to the largest entry, and NaN never agrees', async (t) => {
  t.equal(relativeError(Float64Array.of(1, 2, 3), Float64Array.of(1, 2, 4)), 0.25)
  t.equal(relativeError(Float64Array.of(0, 0.5), Float64Array.of(0, 0), 2), 0.25)
  t.ok(Number.isNaN(relativeError(Float64Array.of(Number.NaN), Float64Array.of(1))))
  t.ok(Number.isNaN(relativeError(Float64Array.of(1), Float64Array.of(1, 2))))
  t.equal(
    worstOf('', [
      ['a', 1],
      ['b', Number.NaN],
      ['c', 2],
    ]).worst,
    'b',
  )
})

t.test('a single gradient entry that is off by a ten-thousandth does not agree', async (t) => {
  const file = await load(fixture('conditional'))()
  if (E.isLeft(file)) return t.fail(file.left)
  const ours = reference(file.right)
  if (E.isLeft(ours)) return t.fail(ours.left)
  const name = 'grad.down.0.blocks.0.block.attn.relative_position_bias_table'
  const tensor = (asked: string): Stored => {
    const found = ours.right.tensor(asked)
    const greatest = largest(found.values)
    return asked === name
      ? { ...found, values: found.values.map((x, i) => x + (i === 7 ? 1e-4 * greatest : 0)) }
      : found
  }
  const deviations = await parityCase(backends.cpu, {}, { ...ours.right, tensor })
  const gradients = deviations.find((f) => f.what === 'gradients')
  t.equal(`grad.${gradients?.worst}`, name)
  t.equal(within({ kind: 'case', deviations, limit: 1e-5 }), false)
})

t.test('a log-variance that is off by a ten-thousandth does not agree', async (t) => {
  const file = await load(fixture('kl'))()
  if (E.isLeft(file)) return t.fail(file.left)
  const ours = reference(file.right)
  if (E.isLeft(ours)) return t.fail(ours.left)
  const tensor = (asked: string): Stored => {
    const found = ours.right.tensor(asked)
    const greatest = largest(found.values)
    return asked === 'logvar'
      ? { ...found, values: found.values.map((x, i) => x + (i === 3 ? 1e-4 * greatest : 0)) }
      : found
  }
  const deviations = await parityAutoencoder(backends.cpu, {}, { ...ours.right, tensor })
  t.equal(deviations.find((f) => f.what === 'moments')?.worst, 'logvar')
  t.equal(within({ kind: 'case', deviations, limit: 1e-5 }), false)
})

t.test('a file not written by the reference is rejected in one sentence', async (t) => {
  const file = await load(fixture('conditional'))()
  if (E.isLeft(file)) return t.fail(file.left)
  const { tensors, metadata } = file.right
  const config = { ...JSON.parse(metadata.config ?? ''), heads: 3 }
  t.match(reference({ tensors, metadata: {} }), E.left(/no "config" in its metadata/))
  t.match(reference({ tensors, metadata: { config: '{' } }), E.left(/not JSON/))
  t.match(
    reference({ tensors, metadata: { config: JSON.stringify(config) } }),
    E.left(/heads is 3: expected a divisor/),
  )
  t.match(reference({ tensors: new Map(), metadata }), E.left(/tensor "t_embedder.mlp.0.weight" \[8, 256\] is missing/))
})

const run = (...args: readonly string[]): Promise<Command> =>
  parityCommand(new Command().exitOverride()).parseAsync([...args], { from: 'user' })

t.test('the command reports an unknown backend, an invalid option and a missing file', async (t) => {
  await t.rejects(run('x', '--backend', 'wasn'), { message: '--backend is "wasn": did you mean "wasm"?' })
  await t.rejects(run('x', '--threads', 'two'), {
    message: '--threads is "two": expected a whole number of at least 1',
  })
  await t.rejects(run('no-such-file.safetensors'), { message: /no-such-file\.safetensors/ })
})
