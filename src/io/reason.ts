/** Why a call of the file system failed, in words that fit behind "cannot read PATH: ". */

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAGAIN: 'it is in use just now',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EFBIG: 'the file is larger than the system allows',
  EINTR: 'the system interrupted it',
  EINVAL: 'the system does not allow that there',
  EIO: 'the disk failed',
  EISDIR: 'it is a folder',
  ELOOP: 'a link that leads to itself',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many open files on this system',
  ENODEV: 'no such device',
  ENOENT: 'no such file or folder',
  ENOMEM: 'the system has no memory left',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a folder',
  ENOTEMPTY: 'the folder is not empty',
  ENXIO: 'no such device',
  EPERM: 'not permitted',
  EROFS: 'the disk is read-only',
  ESTALE: 'the network disk no longer knows it',
  ETIMEDOUT: 'the network disk does not answer',
  ETXTBSY: 'it is being executed',
  EXDEV: 'the two paths are on different disks',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
}

/** The system's code of a failed call, such as ENOENT; empty where there is none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

export const reason = (error: unknown): string =>
  words[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))

/** Does the path, or a folder on its way, not exist? */
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'
