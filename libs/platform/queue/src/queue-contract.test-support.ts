import { expect, it } from 'vitest'
import { createLogger } from '@fieldline/process'
import type { QueueAddresses } from './connection.js'
import { startProcessors } from './processors.js'
import { openQueue } from './queue.js'

const campaignId = '11111111-1111-4111-8111-111111111111'

/** What the queue does, whatever keeps its jobs. */
export function queueContract(addresses: QueueAddresses): void {
  it('runs a job in the handler of its name, once, and a repeated one again', async () => {
    const seen: string[] = []
    let told: () => void = () => {}
    const enough = new Promise<void>((resolve) => (told = resolve))
    const note = (text: string): void => {
      seen.push(text)
      if (
        seen.filter((entry) => entry === 'sweep').length >= 2 &&
        ['tick 7', 'chunk 2'].every((entry) => seen.includes(entry))
      )
        told()
    }
    const stop = await startProcessors(
      addresses,
      {
        'campaign-tick': async ({ v }) => note(`tick ${v}`),
        'campaign-chunk': async ({ chunk }) => note(`chunk ${chunk}`),
        sweep: async () => note('sweep'),
      },
      createLogger('test'),
    )
    const queue = await openQueue(addresses)
    await queue.add('campaign-tick', { campaignId, v: 7 }, { id: 'one' })
    await queue.add('campaign-chunk', { campaignId, chunk: 2, v: 1 }, { delayMs: 50 })
    await queue.repeat('sweep', { v: 1 }, 300)
    await enough
    expect(seen.filter((entry) => entry === 'tick 7')).toHaveLength(1)
    expect(seen).toContain('chunk 2')
    await expect(queue.check()).resolves.toMatchObject({ failed: 0 })
    await Promise.all([queue.close(), stop()])
  })
}
