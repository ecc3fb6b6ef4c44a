/** The ratios of a page of results, read back from the lines that report.ts writes. Law: ratiosIn(markdown(lines)). */
import { ours, type Ratio } from './line.ts'

const heading = /^### (?<workload>.+)$/
const line =
  /^- (?<case>.+): (?<peer>.+)'s best \/ ours = (?<ratio>[\d.]+) \((?<theirs>[\d.]+) \/ (?<mine>[\d.]+) ms\)$/

/** Rounded as written, in the order of the page. */
export const ratiosIn = (page: string): readonly Ratio[] => {
  let workload = ours
  return page.split('\n').flatMap((text): readonly Ratio[] => {
    workload = heading.exec(text)?.groups?.workload ?? workload
    const found = line.exec(text)?.groups
    if (found === undefined) return []
    const { case: name = '', peer = '', ratio, theirs, mine } = found
    return [
      {
        kind: 'ratio',
        workload,
        case: name,
        peer,
        ratio: Number(ratio),
        peer_ms: Number(theirs),
        our_ms: Number(mine),
      },
    ]
  })
}
