/**
 * Peak memory of this process since the last reset: the kernel's high-water mark of resident pages (VmHWM), reset to the
 * current value by writing 5 to clear_refs. So native code is measured too, and memory that was freed again before anybody
 * looked. On other systems than Linux the mark is never reset, and only the largest reading is meaningful.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const kibibytes = (field: 'VmHWM' | 'VmRSS', status: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])

/** Starts measuring; the returned function gives the growth in bytes since then. */
export const peak = (): (() => number) => {
  if (process.platform !== 'linux') {
    const before = process.memoryUsage.rss()
    return () => process.resourceUsage().maxRSS * 1024 - before
  }
  writeFileSync('/proc/self/clear_refs', '5')
  const before = kibibytes('VmRSS', readFileSync('/proc/self/status', 'utf8'))
  return () => (kibibytes('VmHWM', readFileSync('/proc/self/status', 'utf8')) - before) * 1024
}
