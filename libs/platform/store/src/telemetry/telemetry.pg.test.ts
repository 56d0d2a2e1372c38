import { describe, expect, it } from 'vitest'
import type { Node } from '@fieldline/object-model'
import { systemClock } from '@fieldline/process'
import { useOrganisation } from '../test-organisation.test-support.js'
import { ensureDays } from './partitions.js'
import { latestValues, valueHistory } from './value-history.js'
import { toRow } from './value-row.js'
import type { ValueRow } from './value-row.js'
import { ValueWriter, WriterBusy } from './value-writer.js'

const { database, organisationId, device } = useOrganisation()
const now = Date.UTC(2026, 5, 15, 12)

function rowOf(
  deviceId: string,
  resourceId: number,
  type: Node['type'],
  value: Node['value'],
  time?: number,
): ValueRow {
  const row = toRow(
    { path: { objectId: 3, instanceId: 0, resourceId }, type, value, time },
    { organisationId, deviceId },
    'notify',
    now,
  )
  if (!row) throw new Error('no row')
  return row
}

describe('values', () => {
  it('come back exactly as they went in, whatever their type', async () => {
    const deviceId = await device('exact')
    const cases: [Node['type'], Node['value']][] = [
      ['string', 'Ø „quoted“ <img src=x onerror=alert(1)>'],
      ['string', 'with a NUL \0 inside'],
      ['integer', -42],
      ['integer', -9_223_372_036_854_775_808n],
      ['unsigned', 18_446_744_073_709_551_615n],
      ['float', 0.1],
      ['float', Number.NaN],
      ['float', Number.NEGATIVE_INFINITY],
      ['boolean', true],
      ['opaque', new Uint8Array([0, 255, 1])],
      ['time', 1_700_000_000],
      ['objlnk', { objectId: 10, instanceId: 65_535 }],
      ['corelnk', '</3/0>'],
    ]
    const writer = new ValueWriter(database.pool, systemClock)
    await writer.write(cases.map(([type, value], i) => rowOf(deviceId, i, type, value)))
    const stored = await latestValues(database.pool, [deviceId])
    expect(stored.map(({ type, value }) => [type, value])).toEqual(cases)
    const history = await valueHistory(database.pool, deviceId, { limit: 100, newestFirst: false })
    expect(history).toHaveLength(cases.length)
  })

  it('of many reports travel in one transaction, and each report waits for it', async () => {
    const deviceId = await device('grouped')
    const committed: string[][] = []
    const writer = new ValueWriter(database.pool, systemClock, {
      onCommitted: (ids) => committed.push([...ids]),
    })
    await Promise.all([1, 2, 3].map((value) => writer.write([rowOf(deviceId, value, 'integer', value)])))
    expect(writer.counters).toMatchObject({ rows: 3, batches: 1 })
    expect(committed).toEqual([[deviceId]])
  })

  it('show the newest as latest even when an older report arrives after it', async () => {
    const deviceId = await device('late')
    const writer = new ValueWriter(database.pool, systemClock)
    await writer.write([rowOf(deviceId, 9, 'integer', 50, now)])
    await writer.write([rowOf(deviceId, 9, 'integer', 60, now - 60_000)])
    expect((await latestValues(database.pool, [deviceId])).map(({ value }) => value)).toEqual([50])
    expect(await valueHistory(database.pool, deviceId, { limit: 10, newestFirst: false })).toMatchObject([
      { value: 60 },
      { value: 50 },
    ])
  })

  it('that PostgreSQL refuses fail alone: the other reports of the batch are stored', async () => {
    const deviceId = await device('poison')
    const writer = new ValueWriter(database.pool, systemClock)
    const poison = { ...rowOf(deviceId, 1, 'string', 'x'), text: 'half a pair \0' }
    const outcomes = await Promise.allSettled([
      writer.write([rowOf(deviceId, 9, 'integer', 50)]),
      writer.write([poison]),
      writer.write([rowOf(deviceId, 10, 'integer', 7)]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await latestValues(database.pool, [deviceId])).map(({ value }) => value)).toEqual([50, 7])
  })

  it('are refused when no batch is free, so that the device sends again', async () => {
    const deviceId = await device('busy')
    const writer = new ValueWriter(database.pool, systemClock, { maxBatches: 1, maxRows: 1 })
    const first = writer.write([rowOf(deviceId, 9, 'integer', 50)])
    await expect(writer.write([rowOf(deviceId, 9, 'integer', 51)])).rejects.toBeInstanceOf(WriterBusy)
    await first
  })

  it('with a time outside every day of ours are kept, and move into their day when it is made', async () => {
    const deviceId = await device('1970')
    const writer = new ValueWriter(database.pool, systemClock)
    const long = Date.UTC(1970, 0, 2 + Math.floor(Math.random() * 10_000), 3)
    await writer.write([rowOf(deviceId, 9, 'integer', 50, long)])
    await ensureDays(database.pool, long, long)
    const { rows } = await database.pool.query(
      'SELECT tableoid::regclass::text AS name FROM telemetry.value WHERE device_id = $1',
      [deviceId],
    )
    expect(rows).toEqual([
      { name: `telemetry.value_${new Date(long).toISOString().slice(0, 10).replaceAll('-', '')}` },
    ])
  })

  it('tell the device list its maker, firmware, battery and cell', async () => {
    const deviceId = await device('facts')
    const writer = new ValueWriter(database.pool, systemClock)
    await writer.write([
      rowOf(deviceId, 0, 'string', 'Tarnwater'),
      rowOf(deviceId, 3, 'string', '2.4.10'),
      rowOf(deviceId, 9, 'integer', 14),
    ])
    const { rows } = await database.pool.query(
      'SELECT vendor, firmware, firmware_key > $2 AS newer, battery_percent FROM device WHERE id = $1',
      [deviceId, '2012201409'],
    )
    expect(rows).toEqual([{ vendor: 'Tarnwater', firmware: '2.4.10', newer: true, battery_percent: 14 }])
  })
})
