/** The figures of docs/performance.md and the charts of docs/images are those of the tables in docs/results.md. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import t from 'tap'
import { chartsOf } from '../../bench/charts.ts'
import { recordedCurves } from '../../bench/quality/folder.ts'
import { entriesOf, qualityTable, rowsOf } from '../../bench/quality/table.ts'
import { ratiosIn } from '../../bench/ratiosIn.ts'

const docs = resolve(import.meta.dirname, '../../docs')
const read = (name: string): Promise<string> => readFile(resolve(docs, name), 'utf8')
const results = await read('results.md')
const ratios = ratiosIn(results)
const curves = await recordedCurves([resolve(docs, '../bench/quality/curves.json')])

/** The medians of a table's rows, by who and case; a table has its workload's name above it. */
const mediansOf = (page: string) =>
  page
    .split(/^### /m)
    .slice(1)
    .flatMap((section) => {
      const [workload = ''] = section.split('\n', 1)
      return [...section.matchAll(/^\| (.+?) \| (.+?) \| \d+ \| ([\d.]+) \|/gm)].map(([, name, by = '', ms]) => ({
        workload,
        case: name,
        by: by.replace(/,.*/, ''),
        ms: Number(ms),
      }))
    })

t.test('the charts are drawn from the results', async (t) => {
  for (const [name, svg] of Object.entries(chartsOf(results, curves))) t.equal(await read(`images/${name}`), svg, name)
})

t.test('images to quality are those of the recorded curves', async (t) => {
  const page = await read('performance.md')
  t.ok(page.includes(qualityTable(rowsOf(entriesOf({}, curves), null))), 'npm run bench -- quality --report prints it')
})

t.test('every ratio is that of the best medians of its table', async (t) => {
  const medians = mediansOf(results)
  const inTables = ratios.filter(({ peer }) => peer !== 'PyTorch 2.11')
  t.ok(inTables.length > 50)
  for (const r of inTables) {
    const best = (by: string): number =>
      Math.min(...medians.filter((m) => m.workload === r.workload && m.case === r.case && m.by === by).map((m) => m.ms))
    t.equal(best('diffit'), r.our_ms, `${r.workload}, ${r.case}: ours`)
    t.equal(best(r.peer), r.peer_ms, `${r.workload}, ${r.case}: ${r.peer}`)
  }
})

/** Half of the last digit of a time as it is written. */
const half = (ms: number): number => 0.5 * 10 ** (ms < 10 ? -3 : ms < 100 ? -2 : -1)

t.test('every ratio is that of its two times, but for rounding', async (t) => {
  for (const { workload, case: name, ratio, peer_ms, our_ms } of ratios) {
    const [least, most] = [
      (peer_ms - half(peer_ms)) / (our_ms + half(our_ms)),
      (peer_ms + half(peer_ms)) / (our_ms - half(our_ms)),
    ]
    t.ok(least - 0.005 <= ratio && ratio <= most + 0.005, `${workload}, ${name}: ${ratio}`)
  }
})

t.test('what the page says is lost is what is lost, worst first', async (t) => {
  const page = await read('performance.md')
  const kinds = {
    contract: 'matrix products',
    conv3x3: 'convolutions',
    attention: 'attentions',
    layernorm: 'layer norms',
  }
  for (const [workload, name] of Object.entries(kinds)) {
    const all = ratios.filter((r) => r.workload === workload && r.peer === 'PyTorch')
    const lost = all.filter((r) => r.ratio < 1).toSorted((a, b) => a.ratio - b.ratio)
    const worst = lost.length === 0 ? '' : lost[0]?.ratio.toFixed(2)
    t.match(page, `| ${name} | ${lost.length} of ${all.length} | ${worst} `, name)
  }
  for (const { workload, peer, ratio, peer_ms, our_ms } of ratios.filter((r) => r.case === 'batch 16'))
    t.match(
      page,
      `| \`${workload}\` | ${peer === 'PyTorch' ? 'PyTorch 1.13' : peer} | ${our_ms} | ${peer_ms} | ${ratio} |`,
    )
})

t.test('what the page says of a current PyTorch is what the results say', async (t) => {
  const page = (await read('performance.md')).replace(/\s+/g, ' ')
  const current = ratios.filter((r) => r.peer === 'PyTorch 2.11')
  const spread = (workload: string) => {
    const several = current.filter((r) => r.workload === workload && !r.case.endsWith(' 1 thread')).map((r) => r.ratio)
    return `${Math.min(...several).toFixed(2)} to ${Math.max(...several).toFixed(2)} times our time for \`${workload}\` on`
  }
  const alone = current.find((r) => r.case === 'batch 16, 1 thread')
  t.match(page, `${spread('image-s')} 2 to 16 threads (${alone?.ratio.toFixed(2)} on one)`)
  t.match(page, `${spread('latent-s')} 4 to 16 threads`)
})

t.test('what the page says of 512^3 is what its table says', async (t) => {
  const square = 'square 512 x 512 x 512'
  const alone = (by: string): string =>
    Number(new RegExp(`^\\| ${square} \\| ${by} \\| 1 \\| ([\\d.]+)`, 'm').exec(results)?.[1]).toFixed(2)
  const both = ratios.find((r) => r.case === square && r.peer === 'PyTorch')
  const said = `512 x 512 x 512: ${both?.ratio.toFixed(2)}; on one thread ${alone('PyTorch')} ms beside ${alone('diffit')}`
  t.match(await read('performance.md'), said)
})
