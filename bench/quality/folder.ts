/** The folder of a measurement: a run and a curve for each contestant, the paces, the picture. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { must } from '../../src/cli/errors.ts'
import { decodeWith } from '../../src/codec/codecs.ts'
import { readText, writeAtomic } from '../../src/io/atomic.ts'
import { makeFolder } from '../../src/io/makeFolder.ts'
import { reason } from '../reason.ts'
import { type Contestant, contestants } from './contestants.ts'
import { type Curve, curveCodec, curvesOf } from './curve.ts'
import { type Paces, pacesCodec } from './pace.ts'

const parsed = (path: string, text: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    (error) => `${path} is not JSON: ${reason(error)}`,
  )

/** Null where there is no such file. */
const readJson = <A>(path: string, codec: t.Decoder<unknown, A>): Promise<A | null> =>
  must(
    pipe(
      readText(path),
      TE.chainEitherK(
        (text): E.Either<string, A | null> =>
          text === null
            ? E.right(null)
            : pipe(
                parsed(path, text),
                E.chain((raw) => decodeWith(codec, raw)),
                E.mapLeft((why) => `${path}: ${why}`),
              ),
      ),
    ),
  )

const writeJson = (path: string, value: unknown): Promise<void> =>
  must(writeAtomic(path, `${JSON.stringify(value, null, 1)}\n`))

const curvePath = (out: string, name: string): string => join(out, `${name}.curve.json`)
const pacesPath = (out: string): string => join(out, 'paces.json')

export const readCurve = (out: string, { name }: Pick<Contestant, 'name'>): Promise<Curve | null> =>
  readJson(curvePath(out, name), curveCodec)

export const writeCurve = (out: string, curve: Curve): Promise<void> => writeJson(curvePath(out, curve.name), curve)

/** The curves of all contestants that have one. */
export const ownCurves = async (out: string): Promise<Readonly<Record<string, Curve>>> => {
  const all: (readonly [string, Curve])[] = []
  for (const contestant of contestants) {
    const curve = await readCurve(out, contestant)
    if (curve !== null) all.push([contestant.name, curve])
  }
  return Object.fromEntries(all)
}

export const readPaces = (out: string): Promise<Paces | null> => readJson(pacesPath(out), pacesCodec)

export const writePaces = async (out: string, paces: Paces): Promise<void> => {
  await must(makeFolder(out))
  await writeJson(pacesPath(out), paces)
}

/** Curves that were recorded elsewhere. */
export const recordedCurves = async (paths: readonly string[]): Promise<readonly Curve[]> => {
  const all: Curve[] = []
  for (const path of paths)
    all.push(
      ...(await must(
        pipe(
          readText(path),
          TE.chainEitherK((text) =>
            text === null
              ? E.left(`cannot read ${path}: no such file`)
              : pipe(
                  parsed(path, text),
                  E.chain(curvesOf),
                  E.mapLeft((why) => (why.startsWith(path) ? why : `${path}: ${why}`)),
                ),
          ),
        ),
      )),
    )
  return all
}
