/** The charts of docs/images, by file name, drawn from the page docs/results.md and the recorded curves. */
import type { Curve } from './quality/curve.ts'
import { qualityPicture } from './quality/picture.ts'
import { entriesOf } from './quality/table.ts'
import { ratioChart } from './ratioChart.ts'
import { ratiosIn } from './ratiosIn.ts'
import { speedChart } from './speedChart.ts'

export const chartsOf = (results: string, curves: readonly Curve[]): Readonly<Record<string, string>> => {
  const all = ratiosIn(results)
  const beside = (workload: string) => all.filter((r) => r.workload === workload && r.peer === 'PyTorch')
  return {
    'speed.svg': speedChart(all),
    'quality.svg': qualityPicture(entriesOf({}, curves), null),
    'products.svg': ratioChart(beside('contract'), {
      title: "Matrix products: PyTorch 1.13's time / ours",
      subtitle: 'Each at its best number of threads, one or two; m x k x n, or a batch of such products; logarithmic',
    }),
    'convolutions.svg': ratioChart(beside('conv3x3'), {
      title: "3 x 3 convolutions of 16 images and their gradients: PyTorch 1.13's time / ours",
      subtitle: 'Each at its best setting; height x width x channels in -> channels out; logarithmic',
    }),
  }
}
