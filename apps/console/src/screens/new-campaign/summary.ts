import { durationInWords } from '@fieldline/contracts'
import type { CampaignRecipe } from '@fieldline/contracts'

type Recipe = Pick<CampaignRecipe, 'audience' | 'write' | 'waves' | 'success' | 'error' | 'silence'>

function waveInWords({ size, percent, soakSeconds }: Recipe['waves'][number]): string {
  const who = size === undefined ? `${percent} %` : size === 1 ? '1 device' : `${size} devices`
  return soakSeconds === 0 ? who : `${who}, then ${durationInWords(soakSeconds * 1_000)} of soaking`
}

/** What a campaign will do, in sentences that can be read aloud before anybody presses start. */
export function summaryOf(recipe: Recipe): string[] {
  const { audience, write, waves, success, error, silence } = recipe
  const writes = write
    .filter(({ path }) => path !== '')
    .map(({ path, value }) => `${path} = ${JSON.stringify(value)}`)
    .join(' and ')
  const stop = error.action === 'pause' ? 'pauses and waits for a person' : 'is aborted'
  return [
    `Writes ${writes || 'nothing yet'} to every device that “${audience}” selects at the start, and reads it back: only a device that reads back the same value counts as done.`,
    `Goes in ${waves.length} ${waves.length === 1 ? 'wave' : 'waves'}: ${waves.map(waveInWords).join('; ')}.`,
    `A wave passes when ${success.threshold} % of its devices are confirmed and its soaking is over.`,
    `It ${stop} as soon as ${error.threshold} % of the decided devices of a wave are not updated or silent, judged from ${error.minSample} on.`,
    `A device is silent after ${silence.missed} missed expected ${silence.missed === 1 ? 'contact' : 'contacts'} and ${durationInWords(silence.grace * 1_000)} more. Silence counts as failure.`,
  ]
}
