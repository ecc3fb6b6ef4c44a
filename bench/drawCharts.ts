/** Draws the charts of docs/images from docs/results.md: `npx node bench/drawCharts.ts`. */
import { readFile, writeFile } from 'node:fs/promises'
import { chartsOf } from './charts.ts'

const docs = new URL('../docs/', import.meta.url)

for (const [name, svg] of Object.entries(chartsOf(await readFile(new URL('results.md', docs), 'utf8'))))
  await writeFile(new URL(`images/${name}`, docs), svg)
