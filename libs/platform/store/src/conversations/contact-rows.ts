import type { ContactState } from '@fieldline/devices'
import type pg from 'pg'
import { lockDevices } from '../devices/lock-devices.js'

/** What is known of a device's contacts. */
export interface KnownContact {
  readonly deviceId: string
  readonly contact: ContactState
}

/** A registration that never ends is valid until then: RFC 3339 has years of four digits. */
const NO_END_MS = Date.UTC(9999, 0, 1)
/** A moment in epoch milliseconds as a column holds it. */
export const at = (epochMs: number): Date => new Date(Math.min(epochMs, NO_END_MS))

/** Rows are always locked in this order. */
export function inOrder<T extends KnownContact>(known: readonly T[]): T[] {
  return [...known].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1))
}

/** Locks the devices and writes their contacts, in the order of `inOrder`. Gives the ids of those that are no more. */
export async function writeContacts(
  client: pg.PoolClient,
  known: readonly KnownContact[],
): Promise<string[]> {
  const ids = known.map(({ deviceId }) => deviceId)
  const times = (of: (contact: ContactState) => number | null): (Date | null)[] =>
    known.map(({ contact }) => {
      const moment = of(contact)
      return moment === null ? null : at(moment)
    })
  await lockDevices(client, ids)
  const { rows } = await client.query<{ id: string }>(
    `UPDATE device SET contact = news.contact, last_contact_at = news.last_contact_at, expected_at = news.expected_at, late_at = news.late_at,
       silent_at = news.silent_at, awake_until = news.awake_until
     FROM unnest($1::uuid[], $2::jsonb[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])
       AS news (id, contact, last_contact_at, expected_at, late_at, silent_at, awake_until)
     WHERE device.id = news.id RETURNING device.id`,
    [
      ids,
      known.map(({ contact }) => JSON.stringify(contact)),
      times(({ lastContactAt }) => lastContactAt),
      times(({ expectedAt }) => expectedAt),
      times(({ lateAt }) => lateAt),
      times(({ silentAt }) => silentAt),
      times(({ awakeUntil }) => awakeUntil),
    ],
  )
  const written = new Set(rows.map(({ id }) => id))
  return ids.filter((id) => !written.has(id))
}
