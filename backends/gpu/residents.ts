/** What a program keeps on a device between its calls and between runs: the values, each where it is there. */
import type { Device, Resident } from './device.ts'

/** What every value of a program is now, where it is there. */
export const residents = (device: Pick<Device, 'release'>) => {
  const values = new Map<number, Resident>()
  const release = (value: number): void => {
    const resident = values.get(value)
    if (resident !== undefined) device.release(resident)
    values.delete(value)
  }
  const of = (value: number): Resident => {
    const resident = values.get(value)
    if (resident === undefined) throw new Error(`gpu: value ${value} was not computed`)
    return resident
  }
  const hold = (value: number, resident: Resident): void => {
    release(value)
    values.set(value, resident)
  }
  return {
    of,
    release,
    hold,
    /** The value takes the place of another. */
    move: (from: number, to: number): void => {
      const resident = of(from)
      values.delete(from)
      hold(to, resident)
    },
    releaseAll: (): void => [...values.keys()].forEach(release),
    bytes: (): number => [...values.values()].reduce((sum, r) => sum + 4 * r.elements, 0),
  }
}
export type Residents = ReturnType<typeof residents>
