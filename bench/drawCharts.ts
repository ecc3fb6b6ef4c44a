/** Draws the charts of docs/images from docs/results.md and bench/quality/curves.json: `npx node bench/drawCharts.ts`. */
import { readFile, writeFile } from 'node:fs/promises'
import { chartsOf } from './charts.ts'
import { recordedCurves } from './quality/folder.ts'

const docs = new URL('../docs/', import.meta.url)

const curves = await recordedCurves([new URL('./quality/curves.json', import.meta.url).pathname])

for (const [name, svg] of Object.entries(chartsOf(await readFile(new URL('results.md', docs), 'utf8'), curves)))
  await writeFile(new URL(`images/${name}`, docs), svg)
