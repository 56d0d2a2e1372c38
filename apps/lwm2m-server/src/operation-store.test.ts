import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '@fieldline/bytes'
import { DomainError } from '@fieldline/contracts'
import type { BusEvent } from '@fieldline/contracts'
import type { DownlinkOperation } from '@fieldline/lwm2m-server'
import { parsePath } from '@fieldline/object-model'
import type { OperationRepository } from '@fieldline/store'
import { PostgresOperationStore } from './operation-store.js'

const operation: DownlinkOperation = { id: 'operation', kind: 'execute', path: parsePath('/3/0/4') }

/** A store whose database fails so many times, with this. */
function openStore(failures: number, error: Error) {
  const clock = new ManualClock()
  const applied: unknown[] = []
  const told: BusEvent[] = []
  let left = failures
  const apply: OperationRepository['apply'] = async (id, event) => {
    if (left-- > 0) throw error
    applied.push([id, event])
    const row = { organisationId: 'o', deviceId: 'd' }
    return { operation: row, changed: true, send: false } as Awaited<ReturnType<OperationRepository['apply']>>
  }
  const repository = { apply } as OperationRepository
  const store = new PostgresOperationStore({ repository, clock, publish: (event) => told.push(event) })
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await setImmediate()
      clock.advance(1_000)
    }
  }
  return { store, pass, applied, told }
}

describe('what a device answered', () => {
  it('is stored when the database is back, however the device answered', async () => {
    const cases = [
      [
        { type: 'answered', code: '2.04' },
        { type: 'answered', code: '2.04' },
      ],
      [{ type: 'no-answer', detail: 'it sleeps' }, { type: 'no-answer' }],
    ] as const
    for (const [outcome, event] of cases) {
      const { store, pass, applied, told } = openStore(30, new Error('the database is away'))
      const finished = store.finish(operation, outcome)
      await pass(35)
      await finished
      expect(applied).toEqual([['operation', event]])
      expect(told).toHaveLength(1)
    }
  })

  it('is given up when the operation is no more, and after long enough', async () => {
    const gone = openStore(1, new DomainError('not-found', 'There is no operation.'))
    await expect(gone.store.finish(operation, { type: 'no-answer', detail: 'it sleeps' })).rejects.toThrow(
      DomainError,
    )
    const away = openStore(Infinity, new Error('the database is away'))
    const finished = away.store.finish(operation, { type: 'no-answer', detail: 'it sleeps' })
    finished.catch(() => {})
    await away.pass(100)
    await expect(finished).rejects.toThrow('away')
  })
})
