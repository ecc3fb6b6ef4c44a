/** The value of a YAML text, or one sentence that says where it is wrong. */
import * as E from 'fp-ts/lib/Either.js'
import { LineCounter, parseAllDocuments } from 'yaml'

/** Warnings are errors here: an unknown tag would be dropped silently. */
export const readYaml = (text: string): E.Either<string, unknown> => {
  const lines = new LineCounter()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `line ${line}, column ${col}`
  }
  const documents = [...parseAllDocuments(text, { prettyErrors: false, lineCounter: lines, stringKeys: true })]
  const [first, second] = documents
  if (first === undefined) return E.left('it is empty: expected settings such as "preset: emoji32"')
  const problem = documents.flatMap((d) => [...d.errors, ...d.warnings])[0]
  if (problem !== undefined) {
    const [start] = problem.pos
    return problem.code === 'DUPLICATE_KEY'
      ? E.left(`the field at ${place(start)} is a duplicate: expected each field once`)
      : E.left(`it is not YAML at ${place(start)}: ${problem.message}`)
  }
  if (second !== undefined) return E.left(`a second document starts at ${place(second.range[0])}: expected one`)
  return E.tryCatch(
    (): unknown => first.toJS(),
    (error) => `it is not YAML: ${error instanceof Error ? error.message : String(error)}`,
  )
}
