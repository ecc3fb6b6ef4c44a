/** The squared error d^2. */
import { square } from '../../tensor/ops.ts'
import type { Loss } from './loss.ts'

/** The squared difference. */
export const mse: Loss = { name: 'mse', pointwise: square, penalty: (d) => d * d }
