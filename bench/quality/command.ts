/** `npm run bench -- quality`: trains contestants or measures their paces, then prints the table and draws the picture. */
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backends } from '../../backends/index.ts'
import type { Ground } from '../../src/cli/comparison/ending.ts'
import { openData } from '../../src/cli/data.ts'
import { fail, must, mustBe } from '../../src/cli/errors.ts'
import { modelOf } from '../../src/cli/model.ts'
import { type Settings, standard } from '../../src/cli/settings/options.ts'
import { readSettings } from '../../src/cli/settings/settings.ts'
import { type StopSignal, stopSignal } from '../../src/cli/stop.ts'
import { signalled } from '../../src/cli/train.ts'
import { writeAtomic } from '../../src/io/atomic.ts'
import { makeFolder } from '../../src/io/makeFolder.ts'
import { rasterise } from '../../src/io/plot.ts'
import { decodeDenoiser } from '../../src/models/models.ts'
import { qualityReached } from '../goals.ts'
import { machine } from '../machine.ts'
import { type Contestant, settingsText } from './contestants.ts'
import type { Curve } from './curve.ts'
import type { Exported } from './exported.ts'
import { ownCurves, readCurve, readPaces, recordedCurves, writeCurve, writePaces } from './folder.ts'
import { marksUpTo } from './marks.ts'
import type { QualityOptions } from './options.ts'
import { heldOf, trainOurs } from './ours.ts'
import { ourPace, paceName, pacesOf, type TimedBatches } from './pace.ts'
import { qualityPicture } from './picture.ts'
import { entriesOf, levels, qualityTable, rowsOf } from './table.ts'
import type { Task } from './task.ts'
import { describeTorch, type Torch, torchPace, trainTorch } from './torch.ts'

type Say = (line: string) => void

/** The curves that stand for contestants without their own. */
export const recordedPath = relative(process.cwd(), new URL('./curves.json', import.meta.url).pathname)

const settingsOf = (contestant: Contestant, { smoke }: QualityOptions): Settings =>
  mustBe(readSettings(settingsText(contestant, smoke), {}, standard))

const groundOf = async (settings: Settings, { threads }: QualityOptions): Promise<Ground> => ({
  dataset: await openData(settings.data, modelOf(settings, standard), standard),
  backend: backends.wasm,
  threads: Math.min(threads, availableParallelism()),
  known: standard,
  stopCheck: () => undefined,
})

const exportedOf = (settings: Settings, ground: Ground, images: number): Exported => ({
  model: mustBe(decodeDenoiser(settings.model)),
  settings,
  dataset: ground.dataset,
  images,
  ...heldOf(ground, settings),
})

const torchOf = ({ python, device, threads }: QualityOptions): Torch => ({ python, device, threads })

/** What is known of a curve before its points: who computes it. */
const headOf = async (contestant: Contestant, settings: Settings, o: QualityOptions): Promise<Curve> => {
  const { name, by } = contestant
  const { batch } = settings.training
  // as JSON keeps it, to compare it with what a file has
  const recipe = Object.fromEntries(Object.entries(settings.training).filter(([, value]) => value !== undefined))
  const head = { name, recipe, budget: Math.ceil(o.images / batch) * batch, points: [] }
  if (by === 'diffit') return { ...head, device: await machine(), software: `diffit, wasm, ${o.threads} threads` }
  const { version, device } = mustBe(await describeTorch(torchOf(o)))
  return { ...head, device: device === 'cpu' ? await machine() : device, software: `${version}, ${o.threads} threads` }
}

/** A run goes on only as it was begun: its cooldown ends with its budget, and its curve names what computed it. */
const refuseUnlike = (folder: string, { by }: Contestant, before: Curve, now: Curve): void => {
  const asked = 'expected the same, or another --out'
  if (before.budget !== now.budget)
    fail(
      `${folder} was begun for ${before.budget ?? 'an unknown number of'} images, and --images is ${now.budget}: ${asked}`,
    )
  if (!isDeepStrictEqual(before.recipe, now.recipe)) fail(`${folder} was begun with another recipe: ${asked}`)
  if (by === 'PyTorch' && (before.device !== now.device || before.software !== now.software))
    fail(
      `${folder} was begun by ${before.software} on ${before.device}, not ${now.software} on ${now.device}: ${asked}`,
    )
}

/** Trains one contestant; false if it was stopped. */
const trained = async (contestant: Contestant, o: QualityOptions, stop: StopSignal, say: Say): Promise<boolean> => {
  const settings = settingsOf(contestant, o)
  const { out } = o
  const { name, by } = contestant
  const file = join(out, `${name}.yaml`)
  await must(makeFolder(out))
  await must(writeAtomic(file, settingsText(contestant, o.smoke)))
  const before = await readCurve(out, contestant)
  const now = await headOf(contestant, settings, o)
  if (before !== null) refuseUnlike(join(out, name), contestant, before, now)
  const head = before ?? now
  const { batch } = settings.training
  const budget = Math.ceil(o.images / batch) * batch
  const task: Task = {
    contestant,
    settings,
    file,
    folder: join(out, name),
    budget,
    marks: o.smoke ? [2 * batch, 4 * batch] : marksUpTo(budget, batch),
    goal: o.whole ? null : Math.min(...levels),
    before: { points: head.points, own: head.own ?? [] },
    stop,
    again: 'the same command',
  }
  const ground = await groundOf(settings, o)
  const save = async (measured: Pick<Curve, 'points' | 'own'>): Promise<void> =>
    writeCurve(out, { ...head, ...measured })
  if (by === 'diffit') {
    return trainOurs(task, ground, async (measured) => {
      const [images, loss] = measured.points.at(-1) ?? [0, Number.NaN]
      say(`${name}: ${images} images, loss ${loss.toFixed(4)}`)
      await save(measured)
    })
  }
  return trainTorch(torchOf(o), task, exportedOf(settings, ground, task.budget), say, save)
}

const train = async (o: QualityOptions, say: Say): Promise<void> => {
  const stop = stopSignal((signal) => say(signalled(signal)))
  try {
    for (const contestant of o.among) {
      if (contestant.by === 'PyTorch') {
        const found = await describeTorch(torchOf(o))
        if (E.isLeft(found)) {
          say(`${contestant.name} is left out: ${found.left}`)
          continue
        }
      }
      if (!(await trained(contestant, o, stop, say)) || stop.asked()) {
        say('stopped; the same command goes on')
        return
      }
    }
  } finally {
    stop.release()
  }
}

/** Positions whose order PyTorch is given while its pace is measured: it begins again where it ends. */
const paceImages = 4096
const rounds = { rounds: 6, steps: 5, warmup: 8 }

const measurePaces = async (o: QualityOptions, say: Say): Promise<void> => {
  const distinct = o.among.filter((one, i) => o.among.findIndex((other) => paceName(other) === paceName(one)) === i)
  const torch = torchOf(o)
  const found = await describeTorch(torch)
  if (E.isLeft(found)) say(`PyTorch is left out: ${found.left}`)
  const timed: TimedBatches[] = []
  for (const contestant of distinct) {
    const named = { name: paceName(contestant) }
    const settings = settingsOf(contestant, o)
    const { batch } = settings.training
    const about = exportedOf(settings, await groundOf(settings, o), o.smoke ? 64 : paceImages)
    if (contestant.by === 'diffit') timed.push({ batch, timed: ourPace(named, about, o.threads) })
    else if (E.isRight(found))
      for (const channelsLast of [false, true])
        timed.push({
          batch,
          timed: torchPace(torch, named, join(o.out, `${named.name}-pace`), about, channelsLast),
        })
  }
  const paces = await pacesOf(timed, o.smoke ? { rounds: 1, steps: 1, warmup: 1 } : rounds, say)
  const before = await readPaces(o.out)
  const here = await machine()
  // paces of another machine, or of another number of threads, are not beside these
  const kept = before !== null && before.machine === here && before.threads === o.threads ? before.paces : {}
  const software = E.isRight(found) ? found.right.version : null
  await writePaces(o.out, { machine: here, threads: o.threads, software, paces: { ...kept, ...paces } })
}

/** The table, the goals and the picture of what is known. */
const reported = async (o: QualityOptions, say: Say): Promise<void> => {
  const paces = await readPaces(o.out)
  const entries = entriesOf(await ownCurves(o.out), await recordedCurves(o.curves), o.among)
  const rows = rowsOf(entries, paces)
  if (o.json) for (const row of rows) console.log(JSON.stringify(row))
  say(`\n${qualityTable(rows)}\n\n${qualityReached(rows)}`)
  if (entries.length === 0) return
  await must(makeFolder(o.out))
  const svg = qualityPicture(entries, paces)
  await must(
    pipe(
      writeAtomic(join(o.out, 'quality.svg'), svg),
      TE.chain(() => rasterise(svg)),
      TE.chain((png) => writeAtomic(join(o.out, 'quality.png'), png)),
    ),
  )
  say(`\n${join(o.out, 'quality.png')}`)
}

export const quality = async (o: QualityOptions): Promise<void> => {
  const say: Say = o.json ? (line) => console.error(line) : (line) => console.log(line)
  if (o.work === 'train') await train(o, say)
  else if (o.work === 'paces') await measurePaces(o, say)
  await reported(o, say)
}
