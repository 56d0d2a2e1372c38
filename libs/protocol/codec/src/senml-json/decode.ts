import { fromBase64, parseObjlnk } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { carriedType } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { JsonScanner } from '../json/scanner.js'
import { Label, readValues } from '../senml/records.js'
import type { SenmlRecords } from '../senml/records.js'

/** Values from a SenML JSON pack. @see RFC 8428 §5, LwM2M Core 1.2 §7.4.4 */
export function decodeSenmlJson(payload: Uint8Array, context: DecodeContext): Node[] {
  return readValues('SenML JSON', (bytes, records) => readSenmlJson(bytes, records), payload, context)
}

/** The grammar: an array of flat objects. `nullable` lets `v` be null, as SenML-ETCH has it. */
export function readSenmlJson(payload: Uint8Array, records: SenmlRecords, nullable = false): void {
  const scanner = new JsonScanner(payload)
  for (let more = scanner.openArray(); more; more = scanner.moreItems()) {
    records.begin()
    for (let inside = scanner.openObject(); inside; inside = scanner.moreMembers())
      readMember(scanner, records, scanner.name(), nullable)
    records.end()
  }
  scanner.end()
}

function readMember(scanner: JsonScanner, records: SenmlRecords, label: string, nullable: boolean): void {
  switch (label) {
    case 'n':
      records.name(scanner.text())
      break
    case 'v': {
      if (nullable && scanner.peek() === 'null') {
        scanner.null()
        records.value(Label.v, null, 'none')
        break
      }
      const value = scanner.number()
      records.value(Label.v, value, carriedType(value))
      break
    }
    case 'vs':
      records.value(Label.vs, scanner.text(), 'string')
      break
    case 'vb':
      records.value(Label.vb, scanner.boolean(), 'boolean')
      break
    case 'vd':
      records.value(Label.vd, converted(records, 'vd', fromBase64, scanner.text()), 'opaque')
      break
    case 'vlo':
      records.value(Label.vlo, converted(records, 'vlo', parseObjlnk, scanner.text()), 'objlnk')
      break
    case 't':
      records.time(scanner.number())
      break
    case 'bn':
      records.baseName(scanner.text())
      break
    case 'bt':
      records.baseTime(scanner.number())
      break
    case 'bver':
      records.version(scanner.number())
      break
    case 'bu':
    case 'u':
      scanner.text()
      records.passed(Label[label])
      break
    case 'ut':
      scanner.number()
      records.passed(Label.ut)
      break
    default:
      records.other(label)
      scanner.skip()
  }
}

/** A text converted by object-model, whose refusal is a `RangeError`. */
function converted<T>(records: SenmlRecords, label: string, convert: (text: string) => T, text: string): T {
  try {
    return convert(text)
  } catch (error) {
    if (error instanceof RangeError) throw records.error(`${label}: ${error.message}`)
    throw error
  }
}
