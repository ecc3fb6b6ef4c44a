/** Units as the text of one dispatch: a function each, and an entry that leads each workgroup to its own. */
import { prelude } from './expression.ts'
import { block, lanes, type UnitCode } from './text.ts'

/** A WGSL module, and its workgroups along x and y. */
export interface DispatchText {
  readonly code: string
  readonly grid: readonly [x: number, y: number]
}

/** Workgroups along one dimension, of which every device allows as many. */
const mostGroups = 65535

const gridOf = (groups: number): DispatchText['grid'] => {
  const y = Math.ceil(groups / mostGroups)
  return [Math.ceil(groups / y), y]
}

/** @param arenas elements of each; null where the text does not say */
export const moduleOf = (units: readonly UnitCode[], arenas: readonly (number | null)[]): DispatchText => {
  const groups = units.reduce((sum, u) => sum + u.groups, 0)
  const [x, y] = gridOf(groups)
  const tile = units.reduce((most, u) => Math.max(most, u.tile), 0)
  let first = 0
  const calls = units.map((u, i) => {
    const from = first
    first += u.groups
    const inside = `unit${i}(w${from === 0 ? '' : ` - ${from}u`}, lane);`
    return i === units.length - 1 ? `{ ${inside} }` : `if (w < ${first}u) { ${inside} }`
  })
  const code = [
    ...arenas.map(
      (n, i) => `@group(0) @binding(${i}) var<storage, read_write> a${i}: array<f32${n === null ? '' : `, ${n}`}>;`,
    ),
    ...(tile === 0 ? [] : [`var<workgroup> tile: array<vec4f, ${tile}>;`]),
    ...(units.some((u) => u.sums) ? [`var<workgroup> sums: array<f32, ${lanes}>;`] : []),
    prelude,
    ...units.flatMap((u, i) => block(`fn unit${i}(w: u32, lane: u32)`, u.body)),
    `@compute @workgroup_size(${lanes})`,
    ...block('fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32)', [
      y === 1 ? 'let w = group.x;' : `let w = group.y * ${x}u + group.x;`,
      ...(x * y === groups ? [] : [`if (w >= ${groups}u) { return; }`]),
      calls.join(' else '),
    ]),
  ].join('\n')
  return { code, grid: [x, y] }
}
