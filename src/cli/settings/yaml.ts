/** The value of a YAML text, or one sentence that says where it is wrong. */
import * as E from 'fp-ts/lib/Either.js'
import { type Document, isAlias, LineCounter, parseAllDocuments, visit } from 'yaml'
import { shown } from '../../codec/codecs.ts'

const example = 'expected settings such as "preset: emoji32"'

/** Every message of the library is shorter, but for names from the file in it. */
const longest = 120

/** The library's message is a fragment, of one line or several: its first line, as a quotation. */
const notYaml = (place: string, message: string): string => {
  const [first = ''] = message.split('\n')
  return `it is not YAML${place}, where the parser says ${shown(first.replaceAll('"', "'"), longest)}: ${example}`
}

/** Where the first alias without an anchor begins; null if each has one. */
const strayAlias = (document: Document): number | null => {
  const stray: number[] = []
  visit(document, (_, node) => {
    if (!isAlias(node) || node.resolve(document) !== undefined) return undefined
    stray.push(...(node.range?.slice(0, 1) ?? []))
    return visit.BREAK
  })
  return stray.length === 0 ? null : Math.min(...stray)
}

/** Warnings are errors here: an unknown tag would be dropped silently. */
export const readYaml = (text: string): E.Either<string, unknown> => {
  const lines = new LineCounter()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `line ${line}, column ${col}`
  }
  const documents = [...parseAllDocuments(text, { prettyErrors: false, lineCounter: lines, stringKeys: true })]
  const [first, second] = documents
  if (first === undefined) return E.left(`it is empty: ${example}`)
  const problem = documents.flatMap((d) => [...d.errors, ...d.warnings])[0]
  if (problem !== undefined) {
    const [start] = problem.pos
    return problem.code === 'DUPLICATE_KEY'
      ? E.left(`the field at ${place(start)} is a duplicate: expected each field once`)
      : E.left(notYaml(` at ${place(start)}`, problem.message))
  }
  if (second !== undefined) return E.left(`a second document starts at ${place(second.range[0])}: expected one`)
  const stray = strayAlias(first)
  if (stray !== null) return E.left(`the alias at ${place(stray)} has no anchor: expected one before it`)
  return E.tryCatch(
    (): unknown => first.toJS(),
    (error) => notYaml('', error instanceof Error ? error.message : String(error)),
  )
}
