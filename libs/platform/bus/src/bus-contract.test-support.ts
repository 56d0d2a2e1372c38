import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { BusEvent } from '@fieldline/contracts'
import type { Bus } from './bus.js'

const organisationId = randomUUID()
const deviceId = '11111111-1111-4111-8111-111111111111'

/** What every bus does, whatever carries it. */
export function busContract(open: () => Promise<Bus>): void {
  it('carries an event from one process to another and back to itself', async () => {
    const [one, other] = [await open(), await open()]
    const heard: Promise<BusEvent[]>[] = [one, other].map(
      (bus) =>
        new Promise((resolve) => {
          const events: BusEvent[] = []
          bus.subscribe((event) => {
            // others may speak on the same database
            if (!('organisationId' in event) || event.organisationId !== organisationId) return
            events.push(event)
            if (event.kind === 'campaign') resolve(events)
          })
        }),
    )
    one.publish({ kind: 'device', organisationId, deviceIds: [deviceId] })
    one.publish({ kind: 'device', organisationId, deviceIds: [deviceId] })
    one.publish({ kind: 'campaign', organisationId, campaignId: deviceId })
    for (const events of await Promise.all(heard)) {
      expect(events).toEqual([
        { kind: 'device', organisationId, deviceIds: [deviceId] },
        { kind: 'campaign', organisationId, campaignId: deviceId },
      ])
    }
    await Promise.all([one.close(), other.close()])
  })
}
