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

  it('lets a job sleep for as long as it was told, runs it once of one id, and tries one that failed again', async () => {
    const began = Date.now()
    const ran: { v: number; afterMs: number }[] = []
    let told: () => void = () => {}
    const enough = new Promise<void>((resolve) => (told = resolve))
    const stop = await startProcessors(
      addresses,
      {
        'campaign-tick': async ({ v }) => {
          ran.push({ v, afterMs: Date.now() - began })
          if (ran.length === 3) told()
          if (v === 8 && ran.filter((one) => one.v === 8).length === 1) throw new Error('not this time')
        },
        'campaign-chunk': async () => {},
        sweep: async () => {},
      },
      createLogger('test'),
    )
    const queue = await openQueue(addresses)
    for (let times = 0; times < 3; times++)
      await queue.add('campaign-tick', { campaignId, v: 9 }, { id: 'asked-for-thrice', delayMs: 1_500 })
    await queue.add('campaign-tick', { campaignId, v: 8 })
    await enough
    await new Promise((resolve) => setTimeout(resolve, 200)) // time for one too many
    expect(ran.map(({ v }) => v).toSorted()).toEqual([8, 8, 9])
    expect(ran.find(({ v }) => v === 9)?.afterMs).toBeGreaterThanOrEqual(1_400)
    await Promise.all([queue.close(), stop()])
  })
}
