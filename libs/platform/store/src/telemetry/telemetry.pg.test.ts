import { describe, expect, it } from 'vitest'
import type { Node } from '@fieldline/object-model'
import { systemClock } from '@fieldline/process'
import { openDatabase } from '../database.js'
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

  it('that PostgreSQL refuses are found by halves, never more transactions at once than allowed', async () => {
    const deviceId = await device('halves')
    const writer = new ValueWriter(database.ingest, systemClock, { maxCommits: 1 })
    const reports = Array.from({ length: 64 }, (_, i) => [rowOf(deviceId, i, 'integer', i)])
    reports[40] = [{ ...rowOf(deviceId, 40, 'string', 'x'), text: '\0' }]
    const outcomes = await Promise.allSettled(reports.map((rows) => writer.write(rows)))
    expect(outcomes.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([40])
    expect(writer.counters).toMatchObject({ rows: 63, batches: 6, failed: 1 })
    expect(database.ingest.totalCount).toBe(1)
  })

  it('are all refused at once when the database is away, and asked for again by nobody', async () => {
    const away = openDatabase('postgresql://nobody@127.0.0.1:1/none')
    const writer = new ValueWriter(away.ingest, systemClock)
    const row = rowOf(organisationId, 9, 'integer', 50)
    const outcomes = await Promise.allSettled([writer.write([row]), writer.write([row])])
    expect(new Set(outcomes.map((outcome) => 'reason' in outcome && outcome.reason)).size).toBe(1)
    expect(writer.counters.failed).toBe(2)
    await writer.close()
    await away.close()
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
  it('that no meter can mean leave the device list as it was, and the values of others are stored', async () => {
    const [deviceId, other] = [await device('absurd'), await device('sane')]
    const writer = new ValueWriter(database.pool, systemClock)
    const radio = (resourceId: number, type: Node['type'], value: Node['value']): ValueRow => ({
      ...rowOf(deviceId, resourceId, type, value),
      objectId: 4,
    })
    await writer.write([
      rowOf(deviceId, 9, 'integer', 14),
      radio(2, 'integer', -97),
      radio(8, 'integer', 4711),
    ])
    await writer.write([rowOf(other, 9, 'float', 99.6)])
    for (const absurd of [3e9, -3e9, Number.NaN, Number.POSITIVE_INFINITY, 2n ** 63n]) {
      const type = typeof absurd === 'bigint' ? 'unsigned' : 'float'
      await writer.write(
        [9, 2, 8].map((id) => (id === 9 ? rowOf(deviceId, 9, type, absurd) : radio(id, type, absurd))),
      )
    }
    const { rows } = await database.pool.query(
      'SELECT battery_percent, signal_dbm, cell FROM device WHERE id = ANY($1) ORDER BY endpoint',
      [[deviceId, other]],
    )
    expect(rows).toEqual([
      { battery_percent: 14, signal_dbm: -97, cell: '3000000000' },
      { battery_percent: 100, signal_dbm: null, cell: null },
    ])
  })
})
