/** Laws of a training session, over random scripts of events with a simulated clock: no backend, no files. */
import fc from 'fast-check'
import t from 'tap'
import { defaultCadence } from '../src/cli/session/cadence.ts'
import { begin, reduce } from '../src/cli/session/session.ts'
import type { Action, Effect, Ending, Event, Plan, State } from '../src/cli/session/turn.ts'
import type { MetricsRow } from '../src/io/runMetrics.ts'

/** A simulated environment: the cost of actions, and their failures. */
interface World {
  readonly stepSeconds: number
  /** From so many seconds on, steps take so many times as long. */
  readonly slower: { readonly after: number; readonly by: number }
  readonly validateSeconds: number
  readonly saveSeconds: number
  readonly drawSeconds: number
  /** Whether the n-th save, grid and plot can be written. */
  readonly writes: readonly boolean[]
  /** Seconds until a stop request. */
  readonly stopAfter: number
  /** The update whose loss is NaN, and the one in which the backend dies; infinite for never. */
  readonly nanAt: number
  readonly lostAt: number
  /** The step whose images cannot be read. */
  readonly unreadableAt: number
  /** Whether the network gives NaN before the session trains it. */
  readonly untrainedNaN: boolean
}

interface Log {
  readonly actions: readonly { readonly action: Action; readonly state: State; readonly now: number }[]
  readonly rows: readonly MetricsRow[]
  readonly said: readonly string[]
  /** Steps and times of the checkpoints that were written. */
  readonly saved: readonly { readonly step: number; readonly now: number }[]
  readonly ending: Ending
  readonly state: State
  readonly now: number
}

const plan: Plan = {
  batch: 4,
  steps: 40,
  seconds: Number.POSITIVE_INFINITY,
  cooldown: 0,
  cadence: { ...defaultCadence, save_seconds: 30 },
  grid: { columns: 8, steps: 18 },
  validation: 16,
  gridSeconds: ({ columns, steps }, cost) => (cost * columns * steps) / 16,
}

const live = (plan: Plan, world: World, from = 0): Log => {
  const began = 10 * from
  let now = began
  let writes = 0
  const [actions, rows, said, saved]: [Log['actions'][number][], MetricsRow[], string[], Log['saved'][number][]] = [
    [],
    [],
    [],
    [],
  ]
  const take = (effect: Effect): void => {
    if (effect.kind === 'record') rows.push(effect.row)
    if (effect.kind === 'say') said.push(effect.line)
  }
  const stopping = (): boolean => now >= began + world.stopAfter
  const writable = (): boolean => world.writes[writes++ % world.writes.length] ?? true
  const perform = (action: Exclude<Action, { kind: 'finish' }>, state: State): Event => {
    const spend = (seconds: number): number => {
      now += seconds
      return seconds
    }
    switch (action.kind) {
      case 'validate':
        return stopping()
          ? { kind: 'interrupted' }
          : {
              kind: 'validated',
              loss: world.untrainedNaN && state.at.step === from ? Number.NaN : 1,
              measures: {},
              seconds: spend(world.validateSeconds),
            }
      case 'step': {
        const slow = now - began >= world.slower.after ? world.slower.by : 1
        const seconds = spend(slow * world.stepSeconds)
        if (state.at.step + 1 === world.lostAt) return { kind: 'lost', why: 'a thread died' }
        if (state.at.step + 1 === world.unreadableAt) return { kind: 'unreadable', why: 'a file is gone' }
        const loss = state.at.step + 1 === world.nanAt ? Number.NaN : 1
        return { kind: 'stepped', result: { loss, gradientNorm: 1, learningRate: 1 }, seconds }
      }
      case 'save':
        spend(world.saveSeconds)
        if (!writable()) return { kind: 'unwritten', what: 'checkpoint', why: 'no space' }
        saved.push({ step: state.at.step, now })
        return { kind: 'saved' }
      case 'cool': {
        const { cooldown } = action
        if (state.good === state.at.step) return { kind: 'cooling', cooldown, unwritten: null }
        spend(world.saveSeconds)
        if (!writable()) return { kind: 'cooling', cooldown, unwritten: 'no space' }
        saved.push({ step: state.at.step, now })
        return { kind: 'cooling', cooldown, unwritten: null }
      }
      case 'draw':
        if (stopping()) return { kind: 'interrupted' }
        return writable()
          ? { kind: 'drawn', seconds: spend(world.drawSeconds) }
          : { kind: 'unwritten', what: 'samples', why: 'no space' }
      case 'plot':
        return writable() ? { kind: 'plotted' } : { kind: 'unwritten', what: 'curve', why: 'no space' }
    }
  }
  const next = reduce(plan)
  let state = begin(plan, { at: { step: from, images: 4 * from }, now, gridSeconds: 0, cooldown: null })
  let event: Event = { kind: 'begun' }
  for (let n = 0; n < 10_000; n++) {
    const turn = next(state, event, { now, stopping: stopping() })
    turn.effects.forEach(take)
    state = turn.state
    actions.push({ action: turn.action, state, now })
    if (turn.action.kind === 'finish') return { actions, rows, said, saved, ending: turn.action.ending, state, now }
    event = perform(turn.action, state)
  }
  throw new Error('the session never ends')
}

const never = fc.constant(Number.POSITIVE_INFINITY)
/** Whole tenths of seconds: uniform, unlike doubles. */
const seconds = (least: number, most: number): fc.Arbitrary<number> =>
  fc.integer({ min: 10 * least, max: 10 * most }).map((n) => n / 10)
const world = fc.record<World>({
  stepSeconds: seconds(1, 20),
  slower: fc.constant({ after: Number.POSITIVE_INFINITY, by: 1 }),
  validateSeconds: seconds(1, 20),
  saveSeconds: seconds(1, 60),
  drawSeconds: seconds(1, 60),
  writes: fc.oneof(fc.constant([true]), fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })),
  stopAfter: fc.oneof(never, seconds(0, 600)),
  nanAt: fc.oneof(never, fc.integer({ min: 1, max: 45 })),
  lostAt: fc.oneof(never, fc.integer({ min: 1, max: 45 })),
  unreadableAt: fc.oneof(never, fc.integer({ min: 1, max: 45 })),
  untrainedNaN: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
})
const calm: World = {
  stepSeconds: 1,
  slower: { after: Number.POSITIVE_INFINITY, by: 1 },
  validateSeconds: 1,
  saveSeconds: 1,
  drawSeconds: 1,
  writes: [true],
  stopAfter: Number.POSITIVE_INFINITY,
  nanAt: Number.POSITIVE_INFINITY,
  lostAt: Number.POSITIVE_INFINITY,
  unreadableAt: Number.POSITIVE_INFINITY,
  untrainedNaN: false,
}
const from = fc.integer({ min: 0, max: 30 })

const share = fc.constantFrom(0, 0.3, 0.5, 0.95)

const property = (name: string, holds: (log: Log, world: World, from: number, share: number) => void): void => {
  t.test(name, async () => {
    fc.assert(
      fc.property(world, from, share, (w, f, cooldown) => holds(live({ ...plan, cooldown }, w, f), w, f, cooldown)),
      { numRuns: 1000 },
    )
  })
}
const assert = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

property('metrics rows are consecutive, each with its images, whatever happens', ({ rows, state }, w, f) => {
  const steps = rows.map((row) => row.step)
  const first = f === 0 && steps[0] === 0 ? 0 : f + 1
  assert(
    steps.every((step, i) => step === first + i),
    `steps ${steps}`,
  )
  assert(
    rows.every((row) => row.images === 4 * row.step),
    'images are 4 a step',
  )
  // the update with a non-finite loss is the only one without a row
  const bad = state.at.step === w.nanAt && w.nanAt > f ? 1 : 0
  assert((steps.at(-1) ?? f) === Math.max(f, state.at.step - bad), `last row ${steps.at(-1)}, at ${state.at.step}`)
})

property(
  'a run that is done, stopped or without its data has saved its last step',
  ({ ending, saved, state }, _, f) => {
    if (ending.kind === 'failed' && ending.cause !== 'data') return
    assert(state.at.step === f || saved.at(-1)?.step === state.at.step, 'saved')
    assert(ending.kind !== 'done' || state.at.step === plan.steps, 'done at the planned step')
  },
)

property(
  'a run fails only for a loss that is not finite, a lost backend, lost data, or a last save that failed',
  (log, w, f) => {
    const { ending, state } = log
    if (ending.kind !== 'failed') return
    const why = {
      'not finite': state.at.step === w.nanAt && w.nanAt > 1,
      untrained: (w.untrainedNaN && state.at.step === f) || (state.at.step === 1 && w.nanAt === 1),
      backend: state.at.step + 1 === w.lostAt,
      data: state.at.step + 1 === w.unreadableAt,
      disk: !w.writes.every(Boolean),
    }
    assert(why[ending.cause], `${ending.cause} at ${state.at.step}`)
  },
)

property('what is not finite before training stops there: no step, nothing saved, no row', (log, w) => {
  if (!w.untrainedNaN || w.stopAfter < 10 * w.validateSeconds) return
  assert(log.ending.kind === 'failed' && log.ending.cause === 'untrained', JSON.stringify(log.ending))
  assert(
    log.actions.every(({ action }) => action.kind !== 'step'),
    'no step',
  )
  assert(log.saved.length === 0 && log.rows.length === 0, 'nothing written')
})

property('after a stop request at most the step in progress is finished', ({ actions }, w, f) => {
  const late = actions.filter(({ action, now }) => action.kind === 'step' && now >= 10 * f + w.stopAfter)
  assert(late.length === 0, `${late.length} steps after it`)
})

property('while checkpoints can be written, none is overdue by more than the action in progress', (log, w) => {
  if (!w.writes.every(Boolean)) return
  const began = log.actions[0]?.now ?? 0
  const times = [began, ...log.saved.map(({ now }) => now)]
  const slack = w.stepSeconds + w.validateSeconds + w.saveSeconds + w.drawSeconds
  const worst = Math.max(
    ...times.slice(1).map((time, i) => time - (times[i] ?? 0)),
    log.now - (times.at(-1) ?? 0) - slack,
  )
  assert(worst <= plan.cadence.save_seconds + slack + 1e-6, `${worst} s without a checkpoint`)
})

property('nothing is saved before the first step, and no step twice in a row', ({ saved }, _, f) => {
  const steps = saved.map(({ step }) => step)
  assert(
    steps.every((step, i) => step > (i === 0 ? f : (steps[i - 1] ?? f))),
    `saved ${steps}`,
  )
})

property(
  'the cooldown of a run of so many steps begins at its share, once, and ends with the run',
  (log, _, f, share) => {
    const begun = log.actions.flatMap(({ action, state }) =>
      action.kind === 'cool' ? [{ ...action.cooldown, state }] : [],
    )
    const due = Math.max(f, plan.steps - Math.floor(share * plan.steps))
    assert(begun.length <= 1, `${begun.length} cooldowns`)
    const [cooldown] = begun
    if (cooldown === undefined) {
      assert(share === 0 || log.state.at.step <= due || log.ending.kind !== 'done', `none at ${log.state.at.step}`)
      return
    }
    assert(cooldown.to === plan.batch * plan.steps, `to ${cooldown.to}`)
    assert(cooldown.from === plan.batch * Math.max(1, due), `from ${cooldown.from}, due at step ${due}`)
  },
)

property('what is saved last before a cooldown is its beginning, if it can be written', (log, w) => {
  const cool = log.actions.find(({ action }) => action.kind === 'cool')
  if (cool === undefined || !w.writes.every(Boolean)) return
  const { step } = cool.state.at
  // nothing has to be saved where the session began, or was saved at this step
  assert(log.actions[0]?.state.at.step === step || log.saved.some((s) => s.step === step), `not saved at ${step}`)
})

t.test('the cooldown of a run of 2 minutes begins at its share and ends in time', async (t) => {
  const timed = { ...plan, steps: Number.POSITIVE_INFINITY, seconds: 120, cooldown: 0.3 }
  const { ending, now, state, actions } = live(timed, calm)
  t.strictSame(ending, { kind: 'done' })
  t.ok(now <= 120 && now > 90, `ended at ${now} s`)
  const [cool] = actions.flatMap(({ action }) => (action.kind === 'cool' ? [action.cooldown] : []))
  t.ok(cool !== undefined && state.at.images === cool.to, 'at a rate of 0')
  t.ok(cool !== undefined && Math.abs(cool.from / cool.to - 0.7) < 0.03)
})

t.test('a run of 20 minutes that slows down in its cooldown ends in time all the same, near a rate of 0', async () => {
  const timed = { ...plan, steps: Number.POSITIVE_INFINITY, seconds: 1200, cooldown: 0.3 }
  fc.assert(
    fc.property(seconds(700, 1200), fc.integer({ min: 1, max: 4 }), (after, by) => {
      const { ending, now, state } = live(timed, { ...calm, slower: { after, by } })
      assert(ending.kind === 'done' && now <= 1200, `${ending.kind} at ${now} s`)
      assert(state.cooldown !== null, 'no cooldown')
      const { from, to, origin = from } = state.cooldown ?? { from: 0, to: 0 }
      const left = (to - state.at.images) / (to - origin)
      assert(left <= 0.1, `at ${left} of the rate`)
    }),
    { numRuns: 200 },
  )
})

t.test('an undisturbed run: initial validation, final validation, grid, checkpoint, done', async (t) => {
  const { ending, actions, rows, said } = live(plan, calm)
  t.strictSame(ending, { kind: 'done' })
  t.equal(actions[0]?.action.kind, 'validate')
  t.strictSame(
    actions.slice(-5).map(({ action }) => action.kind),
    ['validate', 'save', 'draw', 'plot', 'finish'],
  )
  t.equal(rows.length, 41)
  t.equal(rows.at(-1)?.validation, 1, 'the last row is validated')
  t.match(said, [/computing the validation loss on 16/, /validation loss before training: 1\.0000/])
})

t.test('a temporarily full disk: reported, retried soon, and the run is done', async (t) => {
  const slow = { ...plan, steps: 400, cadence: { ...defaultCadence, save_seconds: 50, grid_seconds: 1e9 } }
  const log = live(slow, {
    ...calm,
    writes: [false, false, true, true, true, true, true, true, true, true, true, true],
  })
  t.strictSame(log.ending, { kind: 'done' })
  t.match(log.said[2], 'no space; training continues, and saving is retried in 30 s')
  const tries = log.actions.filter(({ action }) => action.kind === 'save').map(({ now }) => now)
  t.ok((tries[1] ?? 0) - (tries[0] ?? 0) <= 35, 'after half a minute, not after the usual pause')
})

t.test(
  'a last checkpoint that cannot be written is tried three times, then the run fails with the reason',
  async (t) => {
    const { ending, actions } = live(plan, { ...calm, writes: [false] })
    t.match(ending, { kind: 'failed', cause: 'disk', why: 'The last checkpoint could not be written: no space' })
    t.equal(actions.filter(({ action, state }) => action.kind === 'save' && state.ending !== null).length, 3)
  },
)

t.test('the last checkpoint is tried three times even if saving failed before the end', async (t) => {
  const early = { ...plan, cadence: { ...defaultCadence, save_seconds: 1, grid_seconds: 1e9 } }
  const { ending, actions } = live(early, { ...calm, writes: [false] })
  t.match(ending, { kind: 'failed', cause: 'disk' })
  const saves = actions.filter(({ action, state }) => action.kind === 'save' && state.ending !== null)
  t.equal(saves.length, 3)
})

t.test('a run of 2 minutes ends in time, leaving room for the work after the last step', async (t) => {
  const { ending, now, state } = live({ ...plan, steps: Number.POSITIVE_INFINITY, seconds: 120 }, calm)
  t.strictSame(ending, { kind: 'done' })
  t.ok(now <= 120 && now > 90, `ended at ${now} s`)
  t.ok(state.at.step > 60)
})
