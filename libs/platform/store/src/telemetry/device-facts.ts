import type pg from 'pg'
import { versionKey } from '@fieldline/devices'
import { lockDevices } from '../devices/lock-devices.js'
import type { ValueRow } from './value-row.js'

/** A number a meter can mean; anything else says nothing and leaves the fact before it. */
function within(value: number | null, min: number, max: number): number | null {
  return value !== null && value >= min && value <= max ? Math.round(value) : null
}

/** Reported resources that the device list shows and filters by: path -> column. */
const columns = {
  '3/0/0': { name: 'vendor', of: (row: ValueRow) => row.text },
  '3/0/1': { name: 'model', of: (row: ValueRow) => row.text },
  '3/0/3': { name: 'firmware', of: (row: ValueRow) => row.text },
  '3/0/9': { name: 'battery_percent', of: (row: ValueRow) => within(row.number, 0, 100) },
  '4/0/2': { name: 'signal_dbm', of: (row: ValueRow) => within(row.number, -200, 50) },
  '4/0/8': { name: 'cell', of: (row: ValueRow) => within(row.number, 0, 2 ** 53)?.toString() },
} as const

const MAX_TEXT = 200

/** Carries reported facts into the columns of `device`, in the transaction of the values themselves. */
export const deviceFacts = {
  async update(client: pg.PoolClient, rows: readonly ValueRow[]): Promise<void> {
    const facts = new Map<string, Map<string, string | number>>()
    for (const row of rows) {
      const column = columns[`${row.objectId}/${row.instanceId}/${row.resourceId}` as keyof typeof columns]
      const value = column?.of(row)
      if (!column || value === null || value === undefined || value === '') continue
      const known = facts.get(row.deviceId) ?? new Map<string, string | number>()
      known.set(column.name, typeof value === 'string' ? value.slice(0, MAX_TEXT) : value)
      facts.set(row.deviceId, known)
    }
    if (facts.size === 0) return
    await lockDevices(client, [...facts.keys()])
    const devices = [...facts.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
    const text = (name: string) => devices.map(([, known]) => known.get(name) ?? null)
    const firmware = text('firmware')
    await client.query(
      `UPDATE device SET
         vendor = coalesce(fact.vendor, device.vendor), model = coalesce(fact.model, device.model),
         firmware = coalesce(fact.firmware, device.firmware), firmware_key = coalesce(fact.firmware_key, device.firmware_key),
         battery_percent = coalesce(fact.battery, device.battery_percent), signal_dbm = coalesce(fact.signal, device.signal_dbm),
         battery_at = CASE WHEN fact.battery IS NULL THEN device.battery_at ELSE now() END, cell = coalesce(fact.cell, device.cell)
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[])
         AS fact (id, vendor, model, firmware, firmware_key, battery, signal, cell)
       WHERE device.id = fact.id`,
      [
        devices.map(([id]) => id),
        text('vendor'),
        text('model'),
        firmware,
        firmware.map((version) => (version === null ? null : versionKey(String(version)))),
        text('battery_percent'),
        text('signal_dbm'),
        text('cell'),
      ],
    )
  },
}
