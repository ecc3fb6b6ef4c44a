/** Why a file system call failed, as a phrase that follows "cannot read PATH: ". */

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

/** The error code of a failed system call, such as ENOENT; empty for other errors. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

export const reason = (error: unknown): string =>
  words[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))

/** Whether the path, or a folder on the way to it, does not exist. */
export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'
