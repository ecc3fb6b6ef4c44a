/**
 * The most memory that this process held since it was last asked to forget: the kernel's high-water mark of resident
 * pages (VmHWM), put back to what is resident now by writing 5 to clear_refs. So native code is measured too, and memory
 * that was freed again before anybody looked. Elsewhere than on Linux the mark never goes back, and only the largest
 * reading of all tells something.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const kibibytes = (field: 'VmHWM' | 'VmRSS', status: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])

/** Starts measuring; what it returns says by how many bytes memory grew beyond what was held at the start. */
export const peak = (): (() => number) => {
  if (process.platform !== 'linux') {
    const before = process.memoryUsage.rss()
    return () => process.resourceUsage().maxRSS * 1024 - before
  }
  writeFileSync('/proc/self/clear_refs', '5')
  const before = kibibytes('VmRSS', readFileSync('/proc/self/status', 'utf8'))
  return () => (kibibytes('VmHWM', readFileSync('/proc/self/status', 'utf8')) - before) * 1024
}
