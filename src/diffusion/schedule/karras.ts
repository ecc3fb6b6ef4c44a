/** EDM's levels (Karras et al. 2022, Eq. 5) with rho 7: (sigmaMax^(1/rho) + u (sigmaMin^(1/rho) - sigmaMax^(1/rho)))^rho. */
import { schedule } from './schedule.ts'

const rho = 7

/** EDM's levels (Karras et al. 2022, Eq. 5), dense where the noise is low: rho is 7. */
export const karras = schedule('karras', (u, { sigmaMin, sigmaMax }) => {
  const [high, low] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)]
  return (high + u * (low - high)) ** rho
})
