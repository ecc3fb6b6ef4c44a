/** What is chosen of a machine's adapters and interpreters, by programs that stand in for them. */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findAdapter, findPython } from '../../../bench/pack/look.ts'
import type { Row } from '../../../bench/pack/row.ts'
import type { Session } from '../../../bench/pack/session.ts'

const session = () => {
  const rows: Row[] = []
  const of: Session = {
    clock: { now: () => 0, end: 300 },
    signal: new AbortController().signal,
    keep: (more) => rows.push(...more),
  }
  return { of, rows }
}
const row = (fields: object): string => JSON.stringify({ what: 'adapter', by: 'diffit webgpu', ...fields })

t.test('the first way by which there is a card; else the first with any adapter, which is no card', async (t) => {
  const folder = t.testdir({ bench: { pack: { 'agreement.ts': 'test -n "$ROW" && echo "$ROW"' } } })
  const way = (name: string, said: string) => ({ name, env: { ROW: said } })
  const none = way('none', '')
  const software = way('software', row({ software: true }))
  const card = way('card', row({ software: false }))
  const find = async (...ways: readonly ReturnType<typeof way>[]) => {
    const { of, rows } = session()
    const adapter = await findAdapter({ ways }, ['/bin/sh', folder], of)
    return { adapter, seen: rows.map(({ setting, problem }) => (problem === undefined ? setting : `no ${setting}`)) }
  }
  t.match(await find(none, software, card, none), {
    adapter: { env: card.env, noCard: null },
    seen: ['no none', 'software', 'card'],
  })
  t.match(await find(none, software), { adapter: { env: software.env, noCard: /is the processor/ } })
  t.same(await find(none), { adapter: null, seen: ['no none'] })
})

t.test(
  'the first Python whose PyTorch can use the card; what others lack is told only if none has PyTorch',
  async (t) => {
    const python = (script: string) => ({ python3: `#!/bin/sh\n${script}\n` })
    const torch = (card: boolean) => python(`echo '${row({ card })}'`)
    const dir = t.testdir({ a: python('exit 1'), b: torch(false), c: torch(true) })
    const at = (name: string): string => join(dir, name, 'python3')
    for (const name of ['a', 'b', 'c']) chmodSync(at(name), 0o755)
    const [best, asked, bare] = [session(), session(), session()]
    const env = { PATH: ['a', 'b', 'c'].map((name) => join(dir, name)).join(':') }
    t.same(await findPython(undefined, dir, env, best.of), { path: at('c'), cuda: true })
    t.same(
      best.rows.map(({ card }) => card),
      [true],
    )
    t.same(await findPython(at('b'), dir, env, asked.of), { path: at('b'), cuda: false })
    t.equal(await findPython(at('a'), dir, env, bare.of), null)
    t.match(bare.rows, [{ what: 'PyTorch', problem: 'it ended with 1' }])
  },
)
