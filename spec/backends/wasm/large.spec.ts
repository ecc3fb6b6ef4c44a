/** Plans whose buffers lie beyond 2 GiB of a memory: addresses have 32 bits, and no sign. */
import t, { type Test } from 'tap'
import { chosen } from '../../../backends/wasm/features.ts'
import { wasm } from '../../../backends/wasm/index.ts'
import { type Program, program } from '../../../backends/wasm/program.ts'
import { control } from '../../../backends/wasm/schedule.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { conv } from '../../../src/nn/conv.ts'
import { groupNorm } from '../../../src/nn/norm.ts'
import type { Named } from '../../../src/plan/backend.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { at } from '../../../src/tensor/axes.ts'
import { contract, input, matmul, softmax, transpose } from '../../../src/tensor/ops.ts'
import { size } from '../../../src/tensor/shape.ts'
import { numbers, type Outputs } from './products.ts'

/** The same plan behind a state of so many numbers, which nothing touches: its pages are never used. */
const behind = (plan: Plan, low: number): Plan => ({
  ...plan,
  buffers: [...plan.buffers, { name: 'low', size: low }],
  inputs: [...plan.inputs, { name: 'low', buffer: plan.buffers.length, shape: [low] }],
  state: [...plan.state, 'low'],
  lifetimes: [...plan.lifetimes, null],
})

/** A product in place, one with packed operands, a weight larger than a cache, a Winograd convolution, norms and maps. */
const outputs = () => {
  const [x, w] = [input('x', [100, 1024]), input('w', [1024, 1024])]
  const y = softmax(-1)(matmul(x, w))
  const image = input('image', [2, 8, 8, 16])
  const kernel = { weight: input('kernel', [3, 3, 16, 16]), bias: null }
  return {
    y,
    scores: matmul(y, transpose([1, 0])(x)),
    gradient: matmul(transpose([1, 0])(x), y),
    image: groupNorm(4)(null)(conv({ stride: 1 })(kernel)(image)),
  }
}

const ran = async (plan: Plan, threads: number, feeds: Named): Promise<Named> => {
  const executable = await wasm.compile(plan, { threads })
  try {
    return await executable.run(feeds)
  } finally {
    await executable.dispose()
  }
}

/** Every word of a program's memory by its address, and every address that the program names. */
const placesOf = ({ words, scratch, counters, addresses }: Program) => ({
  words: words.flatMap(({ address, values }) => values.map((value, i) => ({ address: address + 4 * i, value }))),
  addresses: [counters, scratch(0), scratch(3), ...addresses],
})

/**
 * What is wrong with a program that should be another one behind so many bytes, or null: all that it places lies so much
 * further on, but the control words, and a word is the same or, where it is an address, greater by as much. A table that lies
 * elsewhere is read as zeros, of which a thread makes 2^32 rounds: this is looked at before anything is run.
 */
const misplaced = (low: Program, high: Program, by: number): string | null => {
  const [from, to] = [placesOf(low), placesOf(high)]
  const wrongAddress = from.addresses.findIndex((address, i) => to.addresses[i] !== address + by)
  if (wrongAddress >= 0) return `address ${wrongAddress} is ${to.addresses[wrongAddress]}`
  const wrongWord = from.words.findIndex(({ address, value }, i) => {
    const { address: moved, value: now } = at(to.words, i)
    const same = address < control.end ? moved === address : moved === address + by
    return !same || (now !== value && now !== value + by)
  })
  if (wrongWord >= 0) return `word ${wrongWord} is ${JSON.stringify(to.words[wrongWord])}`
  return to.words.length === from.words.length && high.text === low.text ? null : 'it is another program'
}

/** Feeds, the results of the plan where it lies by itself, and whether they are the same bits behind so many numbers. */
const places = async (outputs: Outputs) => {
  const plan = planOf({ outputs, state: {} })
  const feeds = Object.fromEntries(plan.inputs.map(({ name, shape }, i) => [name, numbers(i + 1, size(shape))]))
  const { form } = await chosen()
  const low = program(plan, form)
  const results = await ran(plan, 1, feeds)
  const { plan: most } = await wasm.memory.limits()
  const sameBehind = async (t: Test, skipped: number, threads: number): Promise<void> => {
    const moved = behind(plan, skipped)
    const high = program(moved, form)
    if (most !== null && most < high.bytes(threads)) {
      t.pass(`there is less memory than ${high.bytes(threads)} bytes`)
      return
    }
    const placed = t.equal(misplaced(low, high, 4 * skipped), null, `placed behind ${skipped} numbers`)
    if (placed) t.strictSame(await ran(moved, threads, feeds), results, `the same bits behind ${skipped} numbers`)
  }
  return { program: low, sameBehind }
}

t.test('results are the same bits wherever in the memory a plan lies', async (t) => {
  const { sameBehind } = await places(outputs())
  // across the middle of the addresses, and up to their end
  for (const skipped of [2 ** 29 - 2 ** 18, 2 ** 30 - 2 ** 23]) await sameBehind(t, skipped, 2)
})

t.test('a table may lie across the middle of the addresses', async (t) => {
  // terms in many runs, of which one operand is packed
  const sum = [
    [0, 2],
    [1, 0],
  ] as const
  const { program, sameBehind } = await places({
    y: contract({ sum })(input('a', [40, 24, 40]), input('b', [24, 33, 40])),
  })
  for (const { address, values } of program.words) {
    if (address < control.end) continue
    // a plan moves by multiples of 64 bytes; long tables hold lists, so that several places are taken
    const first = 64 * (Math.floor(address / 64) + 1)
    for (let middle = first; middle <= address + 4 * values.length; middle += 256)
      await sameBehind(t, (2 ** 31 - middle) / 4, 1)
  }
})
