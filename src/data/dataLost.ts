/** Images of a data set that is open cannot be read any more: one sentence that names the file and what is wrong with it. */
export class DataLost extends Error {
  override readonly name = 'DataLost'
}
