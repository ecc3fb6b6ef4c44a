/** The time of a training step beside other libraries: one bar for each, in groups that were timed side by side. */
import * as Plot from '@observablehq/plot'
import { chart, colours, faint } from './chartPage.ts'
import { ours, type Ratio } from './line.ts'

interface Group {
  readonly workload: string
  /** The case of the results. */
  readonly of: string
  readonly peers: readonly string[]
  readonly about: string
}

const onTwo = { of: 'batch 16' } as const
const groups: readonly Group[] = [
  { ...onTwo, workload: 'emoji32', peers: ['PyTorch'], about: '32 x 32 pixels, 1.7 M parameters' },
  { ...onTwo, workload: 'image-s', peers: ['PyTorch'], about: '32 x 32 pixels, 4.0 M parameters' },
  { ...onTwo, workload: 'latent-s', peers: ['PyTorch', 'jax-js'], about: '16 x 16 latents, 3.4 M parameters' },
  {
    workload: 'image-s',
    of: 'batch 16, 2 threads',
    peers: ['PyTorch 2.11'],
    about: 'another machine, 16 cores of a Xeon with AVX-512; 2 threads',
  },
  {
    workload: 'latent-s',
    of: 'batch 16, 4 threads',
    peers: ['PyTorch 2.11'],
    about: 'another machine, 16 cores of a Xeon with AVX-512; 4 threads',
  },
]
/** Names of peers with what the page of results says of them elsewhere. */
const names: Readonly<Record<string, string>> = { PyTorch: 'PyTorch 1.13', 'jax-js': 'jax-js, gradient only' }

interface Bar {
  readonly row: string
  readonly name: string
  readonly ms: number
  readonly fill: string
  readonly text: string
}
interface Heading {
  readonly row: string
  readonly workload: string
  readonly about: string
}

const digits = (ms: number): string => (ms < 100 ? ms.toFixed(1) : ms.toFixed(0))

const barsOf = (group: Group, index: number, all: readonly Ratio[]): readonly Bar[] => {
  const mine = all.filter((r) => r.workload === group.workload && r.case === group.of && group.peers.includes(r.peer))
  if (mine.length !== group.peers.length)
    throw new RangeError(`the results of ${group.workload}, ${group.of}: expected ratios to ${group.peers.join(', ')}`)
  const own = mine.slice(0, 1).map(({ our_ms: ms }) => ({
    row: `${index} ${ours}`,
    name: ours,
    ms,
    fill: colours.ours,
    text: `${digits(ms)} ms`,
  }))
  const theirs = mine.map(({ peer, peer_ms: ms, ratio }) => ({
    row: `${index} ${peer}`,
    name: names[peer] ?? peer,
    ms,
    fill: peer === 'jax-js' ? colours.other : colours.peer,
    text: `${digits(ms)} ms (${ratio.toFixed(2)} x ours)`,
  }))
  return [...own, ...theirs]
}

/** From the ratios of docs/results.md. */
export const speedChart = (all: readonly Ratio[]): string => {
  const parts = groups.map((group, i) => {
    const heading: Heading = { row: `${i}`, workload: group.workload, about: group.about }
    return { heading, bars: barsOf(group, i, all) }
  })
  const bars = parts.flatMap((part) => part.bars)
  const headings = parts.map((part) => part.heading)
  const rows = parts.flatMap(({ heading, bars }) => [heading.row, ...bars.map((bar) => bar.row)])
  const marginLeft = 176
  return chart({
    title: 'Time of a training step, 16 images (milliseconds, less is better)',
    subtitle: 'Medians, each library at its best setting; two cores of an Intel Xeon with AVX-512, two threads at most',
    height: 90 + 25 * rows.length,
    marginLeft,
    rows,
    x: { domain: [0, 1.27 * Math.max(...bars.map((bar) => bar.ms))] },
    marks: [
      Plot.barX(bars, { x: 'ms', y: 'row', fill: 'fill', rx: 2 }),
      Plot.text(bars, { x: 'ms', y: 'row', text: 'text', textAnchor: 'start', dx: 7, fontSize: 13, fill: colours.ink }),
      Plot.text(bars, { x: 0, y: 'row', text: 'name', textAnchor: 'end', dx: -9, fontSize: 13, fill: colours.ink }),
      Plot.text(headings, {
        x: 0,
        y: 'row',
        text: 'workload',
        textAnchor: 'start',
        dx: 16 - marginLeft,
        dy: 3,
        fontSize: 13,
        fontWeight: 'bold',
      }),
      Plot.text(headings, {
        x: 0,
        y: 'row',
        text: 'about',
        textAnchor: 'start',
        dx: 7,
        dy: 3,
        fontSize: 12.5,
        fill: faint,
      }),
      Plot.ruleX([0], { stroke: colours.ink, strokeOpacity: 0.4 }),
    ],
  })
}
