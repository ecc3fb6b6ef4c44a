/** Messages for file system errors. */
import t from 'tap'
import { isMissing, reason } from '../../src/io/reason.ts'

const errno = (code: string): Error => Object.assign(new Error(`${code}: raw words, open '/a'`), { code })
const usual = [
  ...['EACCES', 'EAGAIN', 'EBUSY', 'EDQUOT', 'EEXIST', 'EFBIG', 'EINTR', 'EIO', 'EISDIR', 'ELOOP', 'EMFILE'],
  ...['ENAMETOOLONG', 'ENOENT', 'ENOMEM', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS', 'ESTALE', 'ETXTBSY'],
]

t.test('every file system error code has its own message, without the code', async (t) => {
  for (const code of usual) t.match(reason(errno(code)), /^[a-z][^:]+$/, code)
  t.equal(new Set(usual.map((code) => reason(errno(code)))).size, usual.length)
})

t.test('errors without a code keep their message', async (t) => {
  t.equal(reason(errno('ESTRANGE')), "ESTRANGE: raw words, open '/a'")
  t.equal(reason(new Error('plain')), 'plain')
  t.equal(reason('thrown'), 'thrown')
})

t.test('missing is decided by the code', async (t) => {
  t.same([errno('ENOENT'), errno('EACCES'), new Error('ENOENT'), 'ENOENT'].map(isMissing), [true, false, false, false])
})
