/** The layout of a contract's descriptor and tables: `contract.ts` writes them, the shared code reads them. */
import { type Form, maxRows } from './microkernel.ts'
import { panelWords } from './pack.ts'
import { add, get, i32, load, mul } from './wat.ts'

/** Words of a contract's descriptor, in their order. */
export const fields = [
  'a',
  'b',
  'c',
  /** Groups of rows of one outer batch, rows of a group, rows in all. */
  'groups',
  'groupRows',
  'rows',
  /** Blocks of panels, panels of a block, panels in all. */
  'blocks',
  'blockPanels',
  'panels',
  /** Batches inside one cell. */
  'innerBatches',
  /** Tables: batches, rows of a, rows of c, panels, blocks of k and their count. */
  'batchTable',
  'rowsA',
  'rowsC',
  'panelTable',
  'kTable',
  'kBlocks',
  /** Strides of k in bytes: in a, in b as the microkernel reads it, in the original b. */
  'stepA',
  'stepB',
  'stepPack',
  /** If a is packed too: bytes from one panel of rows to the next, and the table of their rows. */
  'pitchA',
  'panelRows',
  /** 1: only pairs of rows are contiguous. */
  'pairsA',
  /** If a is packed before a region: rows packed at a time, and bytes of a block of k; 0: packed by each cell. */
  'togetherA',
  'blockA',
  /** If all panels of a block are packed at once: bytes from one to the next. */
  'pitchB',
  /** Panels packed at a time before a region; more than one only if all their columns are contiguous. */
  'packTogether',
  /**
   * 0: b is read in place; 1: packed before the region; 2: packed by each cell, panel by panel or, in `smallCode.ts`, one
   * product ahead; 3: all panels of a block of k.
   */
  'mode',
  /** The microkernels that suit the operands, by their index in `walkNames`. */
  'walk',
  /** Offset of the region's packed b in the pack area. */
  'packed',
] as const
export type Field = (typeof fields)[number]
export const modes = { direct: 0, shared: 1, local: 2, block: 3 } as const

export const batchWords = 3
/** first run, end, first pack run, end, first k, number of k, first pack run of a, end */
export const kWords = 8

/** A thread's scratch: one tile of c, then packed panels of b (one, a block's, or two products'), then those of a. */
export const scratchTile = 4 * maxRows * 16
export const scratchBytes = (k: number, width: number): number => scratchTile + 4 * width * k

export interface Addresses {
  /** Holds the address of the pack area. */
  readonly packArea: number
  /** Row offsets of the scratch tile. */
  readonly tileRows: number
}

/** Reads a word of the descriptor at `$d`. */
export const word = (name: Field): string => load(get('$d'), 4 * fields.indexOf(name))

/** The record of panel `j`. */
export const panelAt = (j: string, { width }: Form): string =>
  add(word('panelTable'), mul(j, i32(4 * panelWords(width))))
