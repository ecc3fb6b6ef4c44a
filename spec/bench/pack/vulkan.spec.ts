/** How NVIDIA's driver for Vulkan is found on a machine, and what is written where nothing describes it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { pythonsOn } from '../../../bench/pack/python.ts'
import { environmentOf, type Found, icdFolders, icdOf, lookFor, trialsOf } from '../../../bench/pack/vulkan.ts'

const put = (path: string, text: string): string => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

t.test('description files: where the loader looks, by the variables of XDG or their defaults', async (t) => {
  t.same(icdFolders({ HOME: '/h' }), [
    ...['/h/.config', '/etc/xdg', '/usr/local/etc', '/etc', '/h/.local/share', '/usr/local/share', '/usr/share'].map(
      (folder) => `${folder}/vulkan/icd.d`,
    ),
  ])
  t.same(icdFolders({ XDG_DATA_DIRS: '/a:/b', XDG_CONFIG_HOME: '/c' }).slice(-2), [
    '/a/vulkan/icd.d',
    '/b/vulkan/icd.d',
  ])
  t.notOk(icdFolders({}).includes('/vulkan/icd.d'), 'without a home')
})

t.test('what is found: files that describe a driver, not empty ones; libraries without their link too', async (t) => {
  const dir = t.testdir()
  const env = { XDG_DATA_DIRS: dir, LD_LIBRARY_PATH: `:${join(dir, 'lib')}` }
  const glx = put(join(dir, 'lib/libGLX_nvidia.so.575.51'), '')
  put(join(dir, 'vulkan/icd.d/nvidia_icd.json'), '')
  put(join(dir, 'vulkan/icd.d/lvp_icd.json'), icdOf('libvulkan_lvp.so'))
  const listing = '\tlibEGL_nvidia.so.0 (libc6,x86-64) => /usr/lib/libEGL_nvidia.so.0'
  t.match(lookFor(env, listing), { glx, egl: '/usr/lib/libEGL_nvidia.so.0', named: false })
  t.notOk(lookFor(env, '').icds.some((path) => path.startsWith(dir)))
  const icd = put(join(dir, 'vulkan/icd.d/nvidia_icd.x86_64.json'), icdOf('libGLX_nvidia.so.0'))
  t.ok(lookFor(env, '').icds.includes(icd))
  t.ok(lookFor({ ...env, VK_ICD_FILENAMES: icd }, '').named)
})

const nothing: Found = { icds: [], glx: null, egl: null, named: false }
const tried = (found: Partial<Found>): readonly string[] => trialsOf({ ...nothing, ...found }).map(({ name }) => name)
const [usual, packed] = ["the machine's drivers", "the archive's libraries first"]

t.test('ways of looking: a file is written first only where there is a driver that nothing describes', async (t) => {
  t.same(tried({}), [usual])
  t.same(tried({ glx: '/g', egl: '/e' }), ['/g', '/e', packed, usual])
  t.same(tried({ icds: ['/i'], glx: '/g', egl: '/e' }), [usual, '/i', '/g', '/e', packed])
  t.same(tried({ egl: '/e' }), [usual, '/e', packed])
  t.same(tried({ glx: '/g', named: true }), [usual, '/g', packed], 'what the user names comes first')
})

t.test('the environment: one description file alone, and where libraries are looked for', async (t) => {
  const at = { folder: join(t.testdir(), 'icd'), lacking: '/lacking', packed: '/packed' }
  const [written, , all, own] = trialsOf({ ...nothing, glx: '/d/libGLX_nvidia.so.0', egl: '/e' })
  if (written === undefined || all === undefined || own === undefined) return t.fail('no trials')
  const env = environmentOf(written, { A: 'a', LD_LIBRARY_PATH: '/own' }, at)
  t.match(env, { A: 'a', LD_LIBRARY_PATH: '/own:/lacking:/d', VK_ICD_FILENAMES: env.VK_DRIVER_FILES })
  t.same(JSON.parse(readFileSync(env.VK_DRIVER_FILES ?? '', 'utf8')), {
    file_format_version: '1.0.0',
    ICD: { library_path: '/d/libGLX_nvidia.so.0', api_version: '1.3.0' },
  })
  t.equal(environmentOf(all, {}, at).LD_LIBRARY_PATH, '/packed:/lacking:/d')
  t.same(environmentOf(own, {}, at), { LD_LIBRARY_PATH: '/lacking' })
})

t.test('interpreters: those of the environment first, each once', async (t) => {
  const dir = t.testdir({
    venv: { bin: { python: '' } },
    bin: { python3: '', python: t.fixture('symlink', 'python3') },
  })
  const found = pythonsOn({
    VIRTUAL_ENV: join(dir, 'venv'),
    PATH: `${join(dir, 'none')}:${join(dir, 'bin')}:${join(dir, 'bin')}`,
  })
  t.same(found.slice(0, 2), [join(dir, 'venv/bin/python'), join(dir, 'bin/python3')])
  t.equal(found.filter((path) => path.startsWith(dir)).length, 2)
})
