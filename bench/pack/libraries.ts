/** The Vulkan loader and what drivers want of X and GL: those of the machine, and of the archive only what it lacks. */

/** Debian's packages that the archive holds. */
export const debian = [
  ...['libvulkan1', 'libglvnd0', 'libegl1', 'libgl1', 'libglx0', 'libgles2', 'libopengl0'],
  ...['libx11-6', 'libxext6', 'libxcb1', 'libxau6', 'libxdmcp6', 'libbsd0', 'libmd0'],
]

/** The names that `ldconfig -p` lists. */
export const known = (listing: string): ReadonlySet<string> =>
  new Set(listing.split('\n').flatMap((line) => /^\s+(\S+) \(.*x86-64.*\) => /.exec(line)?.slice(1, 2) ?? []))

/** Of the archive's libraries, those that the machine lacks. */
export const lacking = (packed: readonly string[], listing: string): readonly string[] => {
  const there = known(listing)
  return packed.filter((name) => !there.has(name))
}
