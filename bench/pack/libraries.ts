/** The Vulkan loader and what drivers want of X and GL: those of the machine, and of the archive only what it lacks. */
import { known } from './vulkan.ts'

/** Debian's packages that the archive holds; the last two are for Node and Dawn. */
export const debian = [
  ...['libvulkan1', 'libglvnd0', 'libegl1', 'libgl1', 'libglx0', 'libgles2', 'libopengl0'],
  ...['libx11-6', 'libxext6', 'libxcb1', 'libxau6', 'libxdmcp6', 'libbsd0', 'libmd0'],
  ...['libstdc++6', 'libgcc-s1'],
]

/** What of them is loaded by name. */
export const sonames = [
  ...['libvulkan.so.1', 'libGLdispatch.so.0', 'libEGL.so.1', 'libGL.so.1', 'libGLX.so.0', 'libGLESv2.so.2'],
  ...['libOpenGL.so.0', 'libX11.so.6', 'libXext.so.6', 'libxcb.so.1', 'libXau.so.6', 'libXdmcp.so.6', 'libbsd.so.0'],
  ...['libmd.so.0', 'libstdc++.so.6', 'libgcc_s.so.1'],
]

/**
 * What run.sh alone gives to a machine without it: Node runs, so it is there, and Debian's, which needs its newest glibc, must
 * not come before the machine's where `ldconfig` lists nothing.
 */
const ofNode = /^lib(stdc\+\+|gcc_s)\.so/

/** Of the archive's libraries, those that drivers may be given. */
export const givable = (packed: readonly string[]): readonly string[] => packed.filter((name) => !ofNode.test(name))

/** Of them, those that the machine lacks. */
export const lacking = (packed: readonly string[], listing: string): readonly string[] => {
  const there = known(listing)
  return givable(packed).filter((name) => !there.has(name))
}
