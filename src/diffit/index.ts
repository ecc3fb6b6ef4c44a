/** `diffit/models`, the layers: what the paper adds to a transformer (Eq. 3 to 10 of arXiv 2312.02139). */
export { type Block, type BlockConfig, block, blockSpec } from './block.ts'
export { beginsBranch } from './branches.ts'
export { matricesOf } from './matrices.ts'
export { groupsOf, type ResBlock, type ResBlockConfig, resblock, resblockSpec } from './resblock.ts'
export { timeToken } from './timeToken.ts'
export { type Tmsa, type TmsaConfig, tmsa, tmsaSpec } from './tmsa.ts'
export { unitTokenGain } from './tokens.ts'
