/** What looking for a device found. */
import type { DeviceName } from './host.ts'

export interface DeviceStatus {
  readonly name: DeviceName
  /** As the driver calls it; null where there is none. */
  readonly adapter: string | null
  /** Computes on the processor: slow, for correctness only. */
  readonly software: boolean
  /** Why it is not there and what it needs; null where it is there. */
  readonly why: string | null
}
