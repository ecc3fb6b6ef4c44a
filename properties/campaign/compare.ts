/** Whether an interrupted run equals the undisturbed one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Row {
  readonly step: number
  readonly images: number
  readonly loss: number | null
  readonly learningRate: number | null
  readonly gradientNorm: number | null
}

/** A row without clocks, and without validations, which depend on clocks. */
const learnt = ({ step, images, loss, learningRate, gradientNorm }: Row): string =>
  JSON.stringify([step, images, loss, learningRate, gradientNorm])

const rows = (out: string): readonly string[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => learnt(JSON.parse(line)))

/** The bytes of all tensors of the newest checkpoint. */
const tensors = (out: string): Buffer => {
  const { checkpoints }: { checkpoints: readonly { file: string }[] } = JSON.parse(
    readFileSync(join(out, 'run.json'), 'utf8'),
  )
  const bytes = readFileSync(join(out, 'checkpoints', checkpoints.at(-1)?.file ?? ''))
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE()))
}

/** Null if they are equal; else the first difference. */
export const difference = (out: string, whole: string): string | null => {
  const [ours, theirs] = [rows(out), rows(whole)]
  const at = theirs.findIndex((row, i) => row !== ours[i])
  if (at >= 0 || ours.length !== theirs.length)
    return `metrics differ at row ${at}: ${ours[at]} beside ${theirs[at]} (${ours.length} and ${theirs.length} rows)`
  return tensors(out).equals(tensors(whole)) ? null : 'the tensors of the last checkpoint differ'
}
