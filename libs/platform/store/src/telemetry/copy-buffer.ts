import type { ValueRow } from './value-row.js'

// PostgreSQL's binary COPY: a signature, flags, rows of (field count, then length and bytes of each field), a trailer of -1.
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const FIELDS = 13
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
const FIXED_ROW_BYTES = 2 + FIELDS * 4 + 16 + 16 + 4 * 4 + 8 + 8 + 2 + 2 + 8

/** The columns in the order the buffer writes them. */
export const copyColumns =
  'organisation_id, device_id, object_id, instance_id, resource_id, resource_instance_id, "time", received_at, type, source, number, text, bytes'

/**
 * Rows as one binary COPY stream. @see https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"
 */
export function encodeCopy(rows: readonly ValueRow[]): Buffer {
  let size = SIGNATURE.length + 2
  for (const row of rows)
    size += FIXED_ROW_BYTES + (row.text ? Buffer.byteLength(row.text) : 0) + (row.bytes?.length ?? 0)
  const buffer = Buffer.allocUnsafe(size)
  let at = SIGNATURE.copy(buffer)
  const length = (bytes: number): void => {
    at = buffer.writeInt32BE(bytes, at)
  }
  const uuid = (id: string): void => {
    length(16)
    at += buffer.write(id.replaceAll('-', ''), at, 'hex')
  }
  const integer = (value: number): void => {
    length(4)
    at = buffer.writeInt32BE(value, at)
  }
  const small = (value: number): void => {
    length(2)
    at = buffer.writeInt16BE(value, at)
  }
  const instant = (epochMs: number): void => {
    length(8)
    at = buffer.writeBigInt64BE(BigInt(Math.round(epochMs - POSTGRES_EPOCH_MS)) * 1000n, at)
  }
  for (const row of rows) {
    at = buffer.writeInt16BE(FIELDS, at)
    uuid(row.organisationId)
    uuid(row.deviceId)
    integer(row.objectId)
    integer(row.instanceId)
    integer(row.resourceId)
    integer(row.resourceInstanceId)
    instant(row.time)
    instant(row.receivedAt)
    small(row.type)
    small(row.source)
    if (row.number === null) length(-1)
    else {
      length(8)
      at = buffer.writeDoubleBE(row.number, at)
    }
    if (row.text === null) length(-1)
    else {
      length(Buffer.byteLength(row.text))
      at += buffer.write(row.text, at)
    }
    if (row.bytes === null) length(-1)
    else {
      length(row.bytes.length)
      buffer.set(row.bytes, at)
      at += row.bytes.length
    }
  }
  at = buffer.writeInt16BE(-1, at)
  return buffer.subarray(0, at)
}
