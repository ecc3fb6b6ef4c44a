/** The result of looking for a device. */
import type { DeviceName } from './host.ts'

export interface DeviceStatus {
  readonly name: DeviceName
  /** The driver's name for it; null if there is no device. */
  readonly adapter: string | null
  /** A software adapter: slow, for correctness only. */
  readonly software: boolean
  /** Why it is missing and what it needs; null if it is available. */
  readonly why: string | null
}
