/** What docs/inception.md says of the network and its weights. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { inception, inceptionSpec, published } from '../../src/evaluation/inception/inception.ts'
import { conversion } from '../../src/evaluation/inception/weights.ts'
import { planOf } from '../../src/lower/compile.ts'
import { count, flatSize, unflatten } from '../../src/nn/index.ts'
import { flopsOf } from '../../src/plan/cost.ts'
import { input } from '../../src/tensor/ops.ts'

t.test('docs/inception.md: the conversion, and how large the network is', async (t) => {
  const text = await readFile('docs/inception.md', 'utf8')
  t.ok(text.includes(`\`\`\`sh\n${conversion}\n\`\`\``), 'the command that errors name')
  const spec = inceptionSpec(published)
  const [theta, x] = [input('theta', [flatSize(spec)]), input('x', [1, 299, 299, 3])]
  const { features, logits, spatial } = inception(unflatten(spec)(theta))(x)
  t.match(text, `${count(spec).toLocaleString('en')} parameters`)
  t.match(text, `${(flopsOf(planOf({ outputs: { features, logits, spatial } })) / 1e9).toFixed(1)} GFLOP`)
  t.same(
    [features, logits, spatial].map((y) => y.shape),
    [
      [1, 2048],
      [1, 1008],
      [1, 17, 17, 7],
    ],
  )
  for (const width of ['2,048', '1,008', '2,023']) t.match(text, `| ${width}, `)
})
