/**
 * Small functions that build WebAssembly text. A function body is a list of lines; every value has its own local, which the
 * engine's compiler assigns to registers. Not a WebAssembly library: only what the kernels of this folder need.
 */
export type Type = 'i32' | 'f32' | 'f64' | 'v128'

/** A tuple of N names. */
type Names<N extends number, Known extends readonly string[] = []> = Known['length'] extends N
  ? Known
  : Names<N, readonly [...Known, string]>

type Locals = <N extends number>(type: Type, count: N) => Names<N>

/** The body of one function while it is being written. */
export interface Body {
  readonly line: (text: string) => void
  /** Declares a new local and returns its name. */
  readonly local: (type: Type) => string
  /** Declares several of them. */
  readonly locals: Locals
  /** Assigns to a new local and returns an expression that reads it. */
  readonly let: (type: Type, value: string) => string
  /** A splat of one number, set once at the start of the function. */
  readonly splat: (value: number) => string
  /** A splat of one 32-bit pattern, set once at the start of the function. */
  readonly bits: (pattern: number) => string
  /** A fresh label. */
  readonly label: () => string
  /**
   * Writes the body of a loop or a branch and clears the vectors that it declared by `let`: they are not read again, but at
   * the merge V8 would otherwise treat them as live, and not widen them.
   */
  readonly scope: (write: () => void) => void
}

export const get = (name: string): string => `(local.get ${name})`
export const set = (name: string, value: string): string => `(local.set ${name} ${value})`
export const i32 = (value: number): string => `(i32.const ${value | 0})`
export const add = (...xs: readonly string[]): string => xs.reduce((a, b) => `(i32.add ${a} ${b})`)
export const sub = (a: string, b: string): string => `(i32.sub ${a} ${b})`
export const mul = (a: string, b: string): string => `(i32.mul ${a} ${b})`
export const div = (a: string, b: string): string => `(i32.div_u ${a} ${b})`
export const rem = (a: string, b: string): string => `(i32.rem_u ${a} ${b})`
export const load = (address: string, offset = 0): string => `(i32.load offset=${offset} ${address})`
export const min = (a: string, b: string): string => `(select ${a} ${b} (i32.lt_s ${a} ${b}))`

const pattern = (value: number): number => new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0

/** One function: `params` are i32, named with a dollar sign. */
export const func = (
  name: string,
  params: readonly string[],
  write: (body: Body) => void,
  options: { readonly export?: string; readonly result?: Type } = {},
): string => {
  const lines: string[] = []
  const declared: string[] = []
  const start: string[] = []
  const constants = new Map<number, string>()
  const scopes: string[][] = []
  let labels = 0
  const local = (type: Type): string => {
    const id = `$${type}_${declared.length}`
    declared.push(`(local ${id} ${type})`)
    return id
  }
  function locals<N extends number>(type: Type, count: N): Names<N>
  function locals(type: Type, count: number): readonly string[] {
    return Array.from({ length: count }, () => local(type))
  }
  const bits = (p: number): string => {
    const known = constants.get(p) ?? local('v128')
    if (!constants.has(p)) start.push(set(known, `(v128.const i32x4 ${p} ${p} ${p} ${p})`))
    constants.set(p, known)
    return get(known)
  }
  write({
    line: (text) => lines.push(text),
    local,
    locals,
    let: (type, value) => {
      const id = local(type)
      lines.push(set(id, value))
      if (type === 'v128') scopes.at(-1)?.push(id)
      return get(id)
    },
    scope: (write) => {
      const named: string[] = []
      scopes.push(named)
      write()
      scopes.pop()
      for (const id of named) lines.push(set(id, '(v128.const i32x4 0 0 0 0)'))
    },
    bits,
    label: () => `$L${labels++}`,
    splat: (value) => bits(pattern(value)),
  })
  const head = [
    `(func ${name}`,
    options.export === undefined ? '' : `(export "${options.export}")`,
    ...params.map((p) => `(param ${p} i32)`),
    options.result === undefined ? '' : `(result ${options.result})`,
  ]
  return [head.join(' '), ...declared, ...start, ...lines, ')'].join('\n')
}

/** `while (condition) { body }`, tested at the bottom. */
export const loopWhile = (body: Body, condition: string, write: () => void): void => {
  const l = body.label()
  body.line(`(if ${condition} (then (loop ${l}`)
  body.scope(write)
  body.line(`(br_if ${l} ${condition}))))`)
}

/** Runs `write` for a counter from 0 to `count`, which is at least 1. */
export const repeat = (body: Body, count: string, write: () => void): void => {
  const left = body.local('i32')
  const l = body.label()
  body.line(set(left, count))
  body.line(`(loop ${l}`)
  body.scope(write)
  body.line(`(br_if ${l} (local.tee ${left} (i32.sub ${get(left)} (i32.const 1)))))`)
}

export const when = (body: Body, condition: string, write: () => void, otherwise?: () => void): void => {
  body.line(`(if ${condition} (then`)
  body.scope(write)
  body.line(')')
  if (otherwise !== undefined) {
    body.line('(else')
    body.scope(otherwise)
    body.line(')')
  }
  body.line(')')
}

/** Adds to a local in place. */
export const bump = (body: Body, name: string, by: string): void => body.line(set(name, add(get(name), by)))
