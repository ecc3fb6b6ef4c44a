/**
 * A model as one value: its name, the objective that trains it, the fields of its configuration and their rules, its presets,
 * and for each configuration its parameters and its network. The type of the configuration and the tree of the parameters stay behind closures, so that
 * models of different configurations stand in one table (models.ts) and nothing that uses a model asks which one it is.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { decodeWith } from '../codec/codecs.ts'
import { merged } from '../codec/merged.ts'
import type { FieldsCodec } from '../codec/variants.ts'
import type { ImageShape } from '../diffusion/imageShape.ts'
import { type ByName, byName, fromNames, type Leaf, type Params, type Spec } from '../nn/spec.ts'
import type { Tensor } from '../tensor/ops.ts'
import type { Recipe } from './recipe.ts'

/**
 * The network F of a model: x [b, h, w, channels], sinusoids of the time [b, 256], one-hot labels [b, classes + 1] (null if
 * unconditional), labels of augmentation [b, 9] (null or left out if it takes none) -> [b, h, w, out], where `out` is at least `channels`.
 */
export type Apply = (x: Tensor, time: Tensor, labels: Tensor | null, augment?: Tensor | null) => Tensor

/**
 * The network of a classifier: features x [b, h, w, channels] -> [b, f], and the class scores before the softmax, which are a
 * function of them, [b, f] -> [b, classes].
 */
export interface Classify {
  readonly features: (x: Tensor) => Tensor
  readonly logits: (features: Tensor) => Tensor
}

/**
 * The two halves of an autoencoder: images x [b, h, w, channels] -> the mean and the log-variance of normal latents, each
 * [b, h / f, w / f, z]; and latents -> images [b, h, w, channels].
 */
export interface Autoencode {
  readonly encode: (x: Tensor) => { readonly mean: Tensor; readonly logVariance: Tensor }
  readonly decode: (latents: Tensor) => Tensor
}

/** What the networks of models compute, by the objective that trains them. */
export interface Networks {
  readonly denoising: Apply
  readonly classification: Classify
  readonly reconstruction: Autoencode
}
/** What a model is trained for. */
export type ObjectiveName = keyof Networks

/** A configuration as plain data: `model` is the model's name, the other fields are its own. */
export interface ModelConfig {
  readonly model: string
  readonly [field: string]: unknown
}

/** What the images of a model are: pixels of pictures, or latents that an autoencoder makes of them. */
export type Space = 'pixels' | 'latents'

/** What a data set's images ask of a model: the fields of a `Dataset` that a configuration may follow. */
export interface ImageKind {
  readonly channels: number
  /** The number of classes. */
  readonly classes: number
}

/** A model of one configuration, trained by this objective. */
export interface ConfiguredModelOf<K extends ObjectiveName> {
  readonly objective: K
  /** What its images are. */
  readonly space: Space
  readonly config: ModelConfig
  /** By file names; every parameter has the offset that the model's own tree gives it. */
  readonly spec: ByName
  readonly apply: (params: Params<ByName>) => Networks[K]
  /** The matrices of a parameter that Muon orthogonalises: 0 of one that is none, 3 of joint queries, keys and values. */
  readonly matrices: (leaf: Leaf) => number
  /** Whether a parameter begins a residual branch: the setting `block_gain` makes these smaller at the start. */
  readonly branches: (leaf: Leaf) => boolean
  /** The factor of a parameter's initial values with the setting `unit_tokens`; null where it has none. */
  readonly unitTokens: (leaf: Leaf) => number | null
  /** Of the images that go in. */
  readonly shape: ImageShape
  /** The configuration for images of this kind: the same, except for the fields that follow the data. */
  readonly fit: (images: ImageKind) => ModelConfig
}

/** A model of one configuration, of any objective. */
export type ConfiguredModel = { readonly [K in ObjectiveName]: ConfiguredModelOf<K> }[ObjectiveName]

/** A model that one objective trains: its configurations as plain data. */
export interface TrainedModel<K extends ObjectiveName> {
  /** The value of the field `model` of its configurations. */
  readonly name: string
  /** What trains it. */
  readonly objective: K
  /** What its images are. */
  readonly space: Space
  /** The codec of its configurations, complete with `model`, and their rules. */
  readonly fields: FieldsCodec
  /** What a configuration says where it is silent. */
  readonly defaults: ModelConfig
  /** Configurations by name. */
  readonly presets: Readonly<Record<string, ModelConfig>>
  /** How each preset is trained, by the same names; or why the model cannot be trained, in words before ": expected ..". */
  readonly recipes: E.Either<string, Readonly<Record<string, Recipe>>>
  /** A configuration, whose missing fields take the defaults; the error is one sentence that names the field. */
  readonly decode: (raw: unknown) => E.Either<string, ConfiguredModelOf<K>>
}

/** A model as the table holds it. */
export type Model = { readonly [K in ObjectiveName]: TrainedModel<K> }[ObjectiveName]

/** A model whose configurations are of a known type. */
export interface ModelOf<C, K extends ObjectiveName> extends TrainedModel<K> {
  /** Of a valid configuration. */
  readonly of: (config: C) => ConfiguredModelOf<K>
}

/** What a model is defined by: what trains it, fields of its configuration, defaults, presets with recipes, and its network. */
export interface Definition<
  C extends { readonly model: string },
  Name extends string,
  S extends Spec,
  K extends ObjectiveName,
> {
  readonly objective: K
  /** What its images are; pixels unless given. */
  readonly space?: Space
  /** All fields, `model: oneOf([name])` among them, with their rules: see `record`. */
  readonly fields: FieldsCodec & t.Decoder<unknown, C>
  readonly defaults: C
  readonly presets: Readonly<Record<Name, C>>
  readonly recipes: E.Either<string, Readonly<Record<NoInfer<Name>, Recipe>>>
  /** The parameters, and what the network computes of them. */
  readonly network: (config: C) => { readonly spec: S; readonly apply: (params: Params<S>) => Networks[K] }
  readonly shape: (config: C) => ImageShape
  /** As in `ConfiguredModel`; if not given, every parameter of at least two axes is one matrix. */
  readonly matrices?: (leaf: Leaf) => number
  /** As in `ConfiguredModel`; if not given, no parameter. */
  readonly branches?: (leaf: Leaf) => boolean
  /** As in `ConfiguredModel`; if not given, null of every parameter. */
  readonly unitTokens?: (leaf: Leaf) => number | null
  readonly fit: (config: C, images: ImageKind) => C
}

const plain = <C extends { readonly model: string }>(config: C): ModelConfig => ({ ...config })

/** A model from its definition; its name is that of its default configuration. */
export const model = <
  C extends { readonly model: string },
  Name extends string,
  S extends Spec,
  K extends ObjectiveName,
>(
  d: Definition<C, Name, S, K>,
): ModelOf<C, K> => {
  const { space = 'pixels' } = d
  const of = (config: C): ConfiguredModelOf<K> => {
    const { spec, apply } = d.network(config)
    const tree = fromNames(spec)
    return {
      objective: d.objective,
      space,
      config: plain(config),
      spec: byName(spec),
      apply: (params) => apply(tree(params)),
      matrices: d.matrices ?? (({ parameter }) => (parameter.file.shape.length > 1 ? 1 : 0)),
      branches: d.branches ?? (() => false),
      unitTokens: d.unitTokens ?? (() => null),
      shape: d.shape(config),
      fit: (images) => plain(d.fit(config, images)),
    }
  }
  return {
    name: d.defaults.model,
    objective: d.objective,
    space,
    fields: d.fields,
    defaults: plain(d.defaults),
    presets: Object.fromEntries(Object.entries<C>(d.presets).map(([name, config]) => [name, plain(config)])),
    recipes: d.recipes,
    decode: (raw) => pipe(decodeWith(d.fields, merged(d.defaults, raw), "the model's configuration"), E.map(of)),
    of,
  }
}
