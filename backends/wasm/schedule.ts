/**
 * The loop that every thread runs: all stages of the plan, tile by tile, with a barrier after each. Tiles are claimed by
 * an atomic counter a stage; which thread computes a tile never changes its bits.
 */
import { add, bump, func, get, i32, load, loopWhile, min, mul, repeat, set, when } from './wat.ts'

/** Fixed places in memory, in bytes. */
export const control = {
  arrived: 64,
  generation: 128,
  sleeping: 192,
  threads: 256,
  packArea: 320,
  /** Table of stages, their number, their counters. */
  stages: 324,
  tileRows: 336,
  end: 1024,
} as const

/** extent, cells a claim, calls, their number, first clock (the byte offset of its milliseconds) */
export const stageWords = 5

/** Looks at the barrier before a thread sleeps: it bounds what a waiting thread takes from others. Not measured. */
const spins = 20_000

const barrier = (): string =>
  func('$barrier', [], (body) => {
    const generation = body.let('i32', `(i32.atomic.load ${i32(control.generation)})`)
    const left = body.local('i32')
    const arrived = `(i32.atomic.rmw.add ${i32(control.arrived)} (i32.const 1))`
    when(
      body,
      `(i32.eq ${add(arrived, i32(1))} ${load(i32(control.threads))})`,
      () => {
        body.line(`(i32.atomic.store ${i32(control.arrived)} (i32.const 0))`)
        body.line(`(i32.atomic.store ${i32(control.generation)} ${add(generation, i32(1))})`)
        when(body, `(i32.atomic.load ${i32(control.sleeping)})`, () =>
          body.line(`(drop (memory.atomic.notify ${i32(control.generation)} (i32.const -1)))`),
        )
      },
      () => {
        const same = `(i32.eq (i32.atomic.load ${i32(control.generation)}) ${generation})`
        body.line(set(left, i32(spins)))
        loopWhile(body, `(i32.and ${same} (i32.gt_s ${get(left)} (i32.const 0)))`, () => bump(body, left, i32(-1)))
        when(body, same, () => {
          body.line(`(drop (i32.atomic.rmw.add ${i32(control.sleeping)} (i32.const 1)))`)
          loopWhile(body, same, () =>
            body.line(`(drop (memory.atomic.wait32 ${i32(control.generation)} ${generation} (i64.const -1)))`),
          )
          body.line(`(drop (i32.atomic.rmw.sub ${i32(control.sleeping)} (i32.const 1)))`)
        })
      },
    )
  })

/** `run(scratch, clocks)`: milliseconds of every call are added to `clocks` where the plan is profiled. */
export const runFunction = (profile: boolean): string =>
  [
    barrier(),
    func(
      '$run',
      ['$s', '$clocks'],
      (body) => {
        const [stage, counter, call, from, to] = [
          body.let('i32', load(i32(control.stages))),
          body.let('i32', load(i32(control.stages), 8)),
          body.local('i32'),
          body.local('i32'),
          body.local('i32'),
        ]
        const [at, count] = [stage.slice(11, -1), counter.slice(11, -1)]
        const [started, ended, clock] = [body.local('f64'), body.local('f64'), body.local('i32')]
        const extent = load(stage)
        repeat(body, load(i32(control.stages), 4), () => {
          const claim = (): void =>
            body.line(set(from, mul(`(i32.atomic.rmw.add ${counter} (i32.const 1))`, load(stage, 4))))
          claim()
          loopWhile(body, `(i32.lt_u ${get(from)} ${extent})`, () => {
            body.line(set(to, min(add(get(from), load(stage, 4)), extent)))
            body.line(set(call, load(stage, 8)))
            if (profile) {
              body.line(set(started, '(call $now)'))
              body.line(set(clock, add(get('$clocks'), load(stage, 16))))
            }
            repeat(body, load(stage, 12), () => {
              body.line(
                `(call_indirect (type $kernel) ${load(get(call), 4)} ${get(from)} ${get(to)} ${get('$s')} ${load(get(call))})`,
              )
              bump(body, call, i32(8))
              if (!profile) return
              body.line(set(ended, '(call $now)'))
              body.line(
                `(f64.store ${get(clock)} (f64.add (f64.load ${get(clock)}) (f64.sub ${get(ended)} ${get(started)})))`,
              )
              body.line(set(started, get(ended)))
              bump(body, clock, i32(8))
            })
            claim()
          })
          body.line('(call $barrier)')
          bump(body, at, i32(4 * stageWords))
          bump(body, count, i32(4))
        })
      },
      { export: 'run' },
    ),
  ].join('\n')
