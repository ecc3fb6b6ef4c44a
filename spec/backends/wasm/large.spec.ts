/** Plans whose buffers lie beyond 2 GiB of a memory: addresses have 32 bits, and no sign. */
import t from 'tap'
import { wasm } from '../../../backends/wasm/index.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { conv } from '../../../src/nn/conv.ts'
import { groupNorm } from '../../../src/nn/norm.ts'
import type { Named } from '../../../src/plan/backend.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { input, matmul, softmax, transpose } from '../../../src/tensor/ops.ts'
import { size } from '../../../src/tensor/shape.ts'
import { numbers } from './products.ts'

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

t.test('results are the same bits wherever in the memory a plan lies', async (t) => {
  const plan = planOf({ outputs: outputs() })
  const feeds = Object.fromEntries(plan.inputs.map(({ name, shape }, i) => [name, numbers(i + 1, size(shape))]))
  const low = await ran(plan, 1, feeds)
  const { plan: most } = await wasm.memory.limits()
  // across the middle of the addresses, and up to their end
  for (const skipped of [2 ** 29 - 2 ** 18, 2 ** 30 - 2 ** 23]) {
    const bytes = 4 * (skipped + 2 ** 23)
    if (most !== null && most < bytes) t.pass(`there is less memory than ${bytes} bytes`)
    else t.strictSame(await ran(behind(plan, skipped), 2, feeds), low, `behind ${skipped} numbers`)
  }
})
