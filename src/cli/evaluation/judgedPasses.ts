/**
 * The passes of an evaluation: training pictures, held-out pictures, real pictures, samples. A pass takes pictures in turns
 * and adds what the network says of them to the state; a turn begins at a multiple of the turn's pictures, so that a stopped
 * evaluation continues with the same turns.
 */
import { element } from '../../codec/element.ts'
import { examples, mirrored, validationPictures } from '../../data/batches.ts'
import type { Dataset } from '../../data/dataset.ts'
import { type TrainingPicture, trainingPictures } from '../../data/trainingPictures.ts'
import type { ImageRequest } from '../../diffusion/sample.ts'
import { addCounts } from '../../evaluation/classAccuracy.ts'
import type { FeatureNetwork, Judgement } from '../../evaluation/featureNetwork.ts'
import { addScores, splitOf } from '../../evaluation/inceptionScore.ts'
import { mergeMoments, momentsOf } from '../../evaluation/moments.ts'
import { type Nearest, nearestIn } from '../../evaluation/nearestPictures.ts'
import type { Key } from '../../random/key.ts'
import { fail } from '../errors.ts'
import type { PicturesOfFile } from './referenceStatistics.ts'
import { appended, type EvaluationState, type Judged } from './state.ts'

/** Pictures of a turn. */
export const turnPictures = 64

/** Held-out pictures that are compared with training pictures, at most. */
const mostHeldOut = 1000

export interface Pass {
  /** Its pictures, in words. */
  readonly what: string
  readonly all: number
  readonly done: (state: EvaluationState) => number
  /** The state with pictures `from` to `from + n`. */
  readonly turn: (state: EvaluationState, from: number, n: number) => Promise<EvaluationState>
}

// ---------------------------------------------------------------------------------------------------- pictures
/** The 8-bit picture that would be saved. */
export const bytesOf = (picture: ArrayLike<number>): Uint8Array =>
  Uint8Array.from(picture, (x) => Math.max(0, Math.min(255, Math.round((x + 1) * 127.5))))

/** Pictures of bytes side by side, in [-1, 1]. */
const stacked = (pictures: readonly Uint8Array[], each: number): Float32Array => {
  const out = new Float32Array(pictures.length * each)
  pictures.forEach((picture, i) => {
    for (let at = 0; at < each; at++) out[i * each + at] = element(picture, at) / 127.5 - 1
  })
  return out
}

const shownOf = (dataset: Dataset, { index, mirrored: turned }: Pick<TrainingPicture, 'index' | 'mirrored'>) => {
  const picture = dataset.image(index)
  return bytesOf(turned ? mirrored(picture, dataset.size, dataset.channels) : picture)
}

/** The nearest training picture, by its index in the data set. */
export const nearestTraining = (dataset: Dataset): ((picture: Uint8Array) => Nearest) => {
  const indices = dataset.train.flat(2)
  const each = dataset.size ** 2 * dataset.channels
  const pixels = new Uint8Array(indices.length * each)
  indices.forEach((index, i) => {
    pixels.set(bytesOf(dataset.image(index)), i * each)
  })
  const { size, channels } = dataset
  const turned = Uint8Array.from(indices, (i) => (dataset.flips[dataset.label(i)] === true ? 1 : 0))
  const nearest = nearestIn({ size, channels, count: indices.length, pixels, mirrored: turned })
  return (picture) => {
    const found = nearest(picture)
    return { ...found, index: element(indices, found.index) }
  }
}

// ------------------------------------------------------------------------------------------------------ passes
/** @param kept pictures whose features are kept, at most */
const judged = (was: Judged, { features }: Judgement, n: number, kept: number, weights?: Float64Array): Judged => {
  const f = was.moments.mean.length
  const room = Math.max(0, Math.min(n, kept - was.done))
  return {
    done: was.done + n,
    moments: mergeMoments(was.moments, momentsOf(features, f, weights)),
    features: room === 0 ? was.features : [...was.features, features.slice(0, room * f)],
  }
}

/** What the passes of one evaluation share. */
export interface Judging {
  readonly dataset: Dataset
  readonly network: FeatureNetwork
  readonly nearest: (picture: Uint8Array) => Nearest
  /** Pictures whose features are kept, at most. */
  readonly kept: number
}

const judge = async ({ network, dataset }: Judging, pictures: readonly Uint8Array[]): Promise<Judgement> => {
  const said = await network.judge(stacked(pictures, dataset.size ** 2 * dataset.channels), pictures.length)
  if (!said.features.every(Number.isFinite)) fail(`${network.name} gives features that are not finite`)
  return said
}

/** Every picture that training shows, with its share. */
export const referencePass = (j: Judging): Pass => {
  const all = trainingPictures(j.dataset)
  return {
    what: 'training pictures',
    all: all.length,
    done: ({ reference }) => reference.done,
    turn: async (state, from, n) => {
      const now = all.slice(from, from + n)
      const said = await judge(
        j,
        now.map((one) => shownOf(j.dataset, one)),
      )
      const weights = Float64Array.from(now, ({ share }) => share * all.length)
      return { ...state, reference: judged(state.reference, said, n, 0, weights) }
    },
  }
}

/** Every picture of a file. */
export const fileReferencePass = (j: Judging, { count, pixels }: PicturesOfFile): Pass => ({
  what: 'pictures of the reference',
  all: count,
  done: ({ reference }) => reference.done,
  turn: async (state, from, n) => {
    const each = pixels.length / count
    const pictures = Array.from({ length: n }, (_, i) => pixels.slice((from + i) * each, (from + i + 1) * each))
    return { ...state, reference: judged(state.reference, await judge(j, pictures), n, 0) }
  },
})

/** As many real pictures as samples, drawn as training draws them: a distance's floor, and what recall asks for. */
export const realPass = (j: Judging, key: Key, count: number): Pass => {
  const at = examples(j.dataset, key)
  return {
    what: 'real pictures',
    all: count,
    done: ({ real }) => real.done,
    turn: async (state, from, n) => {
      const pictures = Array.from({ length: n }, (_, i) => bytesOf(at(from + i).image))
      return { ...state, real: judged(state.real, await judge(j, pictures), n, j.kept) }
    },
  }
}

/** Held-out pictures beside the training pictures. */
export const heldOutPass = (j: Judging): Pass => {
  const all = validationPictures(j.dataset, mostHeldOut)
  return {
    what: 'held-out pictures',
    all: all.length,
    done: ({ heldOut }) => heldOut.length,
    turn: async (state, from, n) => {
      const distances = all.slice(from, from + n).map((i) => j.nearest(bytesOf(j.dataset.image(i))).distance)
      return { ...state, heldOut: appended(state.heldOut, Float64Array.from(distances)) }
    },
  }
}

export interface Samples {
  readonly requests: readonly ImageRequest[]
  readonly draw: (requests: readonly ImageRequest[]) => Promise<readonly ArrayLike<number>[]>
  /** Whether the network's classes are those of the requests. */
  readonly named: boolean
  /** Whether sample i is kept for the picture. */
  readonly isShown: (i: number) => boolean
}

const scored = (scores: EvaluationState['scores'], logits: Float32Array, from: number, all: number) => {
  const classes = element(scores, 0).p.length
  return scores.map((sums, split) => {
    const own = Array.from({ length: logits.length / classes }, (_, i) => i).filter(
      (i) => splitOf(from + i, all, scores.length) === split,
    )
    return own.reduce((so, i) => addScores(so, logits.subarray(i * classes, (i + 1) * classes)), sums)
  })
}

/** Samples, judged as the 8-bit pictures that would be saved. */
export const samplesPass = (j: Judging, { requests, draw, named, isShown }: Samples): Pass => ({
  what: 'samples',
  all: requests.length,
  done: ({ samples }) => samples.done,
  turn: async (state, from, n) => {
    const now = requests.slice(from, from + n)
    const drawn = await draw(now)
    const wild = drawn.findIndex((picture) => !Array.from(picture).every(Number.isFinite))
    if (wild >= 0) fail(`sample ${from + wild} is not finite: the run has diverged`)
    const pictures = drawn.map(bytesOf)
    const said = await judge(j, pictures)
    const found = pictures.map(j.nearest)
    const labels = now.flatMap(({ label }) => label ?? [])
    return {
      ...state,
      samples: judged(state.samples, said, n, j.kept),
      scores: scored(state.scores, said.logits, from, requests.length),
      counts: named ? addCounts(state.counts, said.logits, labels) : state.counts,
      nearest: appended(
        state.nearest,
        Float64Array.from(found, ({ distance }) => distance),
      ),
      shown: [
        ...state.shown,
        ...pictures.flatMap((picture, i) => {
          if (!isShown(from + i)) return []
          const { index, mirrored: turned } = element(found, i)
          return [{ picture, index, mirrored: turned }]
        }),
      ],
    }
  },
})
