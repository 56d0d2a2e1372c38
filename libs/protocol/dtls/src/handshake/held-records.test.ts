import { expect, it } from 'vitest'
import { plainRecord, readRecord } from '../record/record.js'
import type { RecordView } from '../record/record.js'
import { ContentType } from '../wire.js'
import { HeldRecords } from './held-records.js'

const recordOf = (length: number): RecordView => {
  const record = readRecord(plainRecord(ContentType.Handshake, 1, new Uint8Array(length)), 0, 0)
  if (!record) throw new Error('no record')
  return record
}

it('of the records that come before their keys few are held, in number and in bytes', () => {
  const held = new HeldRecords()
  for (let i = 0; i < 10; i++) held.add(recordOf(50))
  expect(held.take()).toHaveLength(4)
  expect(held.take()).toEqual([])
  held.add(recordOf(2_000))
  for (let i = 0; i < 4; i++) held.add(recordOf(400))
  expect(held.take()).toHaveLength(2)
})
