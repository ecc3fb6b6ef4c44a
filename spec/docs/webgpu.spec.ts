/** The text that docs/webgpu.md shows is what is generated. */
import t from 'tap'
import { program } from '../../backends/webgpu/program.ts'
import { planOf } from '../../src/lower/compile.ts'
import { input, mul } from '../../src/tensor/ops.ts'
import { blocksOf } from './outside.ts'

t.test('the WGSL of a map is what is generated', async (t) => {
  const [shown, ...others] = await blocksOf('docs/webgpu.md', 'wgsl')
  t.same(others, [])
  const plan = planOf({ outputs: { y: mul(input('x', [300]), 2) } })
  const [dispatch] = program(plan, {
    elements: 2 ** 20,
    arenas: 8,
    abreast: Number.POSITIVE_INFINITY,
    idle: false,
  }).dispatches
  t.match(dispatch?.code, shown?.trim() ?? 'a listing')
})
