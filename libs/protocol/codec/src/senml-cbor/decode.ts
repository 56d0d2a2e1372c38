import { parseObjlnk } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { CborReader, Major } from '../cbor/read.js'
import { readCborNumber, readCborValue } from '../cbor/value.js'
import type { DecodeContext } from '../context.js'
import { Label, readValues } from '../senml/records.js'
import type { SenmlRecords } from '../senml/records.js'
import { label } from './labels.js'

/** Values from a SenML CBOR pack; labels in any order, definite or indefinite lengths. @see RFC 8428 §6 */
export function decodeSenmlCbor(payload: Uint8Array, context: DecodeContext): Node[] {
  return readValues('SenML CBOR', (bytes, records) => readSenmlCbor(bytes, records), payload, context)
}

/** The grammar: an array of flat maps. `nullable` makes a null under `v` the removal it is in SenML-ETCH. */
export function readSenmlCbor(payload: Uint8Array, records: SenmlRecords, nullable = false): void {
  const reader = new CborReader(payload)
  for (let left = reader.openArray(); reader.more(left); left--) {
    records.begin()
    for (let pairs = reader.openMap(); reader.more(pairs); pairs--) readPair(reader, records, nullable)
    reader.close()
    records.end()
  }
  reader.close()
  reader.end()
}

function readPair(reader: CborReader, records: SenmlRecords, nullable: boolean): void {
  const key = reader.peek() === Major.Text ? reader.text() : reader.integer()
  switch (key) {
    case label.n:
      records.name(reader.text())
      break
    case label.v: {
      const { value, type } = readCborValue(reader)
      if (typeof value !== 'number' && typeof value !== 'bigint' && type !== 'none')
        throw records.error('v is not a number')
      records.value(Label.v, nullable && type === 'none' ? null : value, type)
      break
    }
    case label.vs:
      records.value(Label.vs, reader.text(), 'string')
      break
    case label.vb: {
      const value = reader.simple()
      if (typeof value !== 'boolean') throw records.error('vb is not true or false')
      records.value(Label.vb, value, 'boolean')
      break
    }
    case label.vd:
      // A copy: the value outlives the datagram.
      records.value(Label.vd, reader.bytes().slice(), 'opaque')
      break
    case label.vlo:
      records.value(Label.vlo, readLink(records, reader.text()), 'objlnk')
      break
    case label.t:
      records.time(readCborNumber(reader))
      break
    case label.bn:
      records.baseName(reader.text())
      break
    case label.bt:
      records.baseTime(readCborNumber(reader))
      break
    case label.bver:
      records.version(readCborNumber(reader))
      break
    case label.bu:
    case label.u:
      reader.text()
      records.passed(key === label.bu ? Label.bu : Label.u)
      break
    case label.ut:
      readCborNumber(reader)
      records.passed(Label.ut)
      break
    default:
      records.other(key)
      reader.skip()
  }
}

function readLink(records: SenmlRecords, text: string): ReturnType<typeof parseObjlnk> {
  try {
    return parseObjlnk(text)
  } catch (error) {
    if (error instanceof RangeError) throw records.error(`vlo: ${error.message}`)
    throw error
  }
}
