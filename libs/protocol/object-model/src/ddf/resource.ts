import type { ResourceDefinition } from '../definition.js'
import type { ResourceType } from '../value.js'
import { DdfError } from './errors.js'
import { Fields } from './fields.js'
import { importRange } from './range.js'
import type { XmlElement } from './xml.js'

type Warn = (line: number, message: string) => void

/** Type names as the schema has them. */
const types: Readonly<Record<string, ResourceType>> = {
  String: 'string',
  Integer: 'integer',
  'Unsigned Integer': 'unsigned',
  Float: 'float',
  Boolean: 'boolean',
  Opaque: 'opaque',
  Time: 'time',
  Objlnk: 'objlnk',
  Corelnk: 'corelnk',
}
const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '')
const byPlainName = new Map(Object.entries(types).map(([name, type]) => [plain(name), [name, type] as const]))

const MAX_ID = 65_535
/** Longest unit kept, in characters. */
const MAX_UNITS = 40

/** A resource from an <Item>. Warns and throws as `importDdf` says. */
export function importResource(item: XmlElement, warn: Warn): ResourceDefinition {
  const fields = new Fields(item)
  const idText = item.attributes.get('ID') ?? ''
  const id = /^[0-9]{1,5}$/.test(idText.trim()) ? Number(idText) : -1
  if (id < 0 || id > MAX_ID)
    throw new DdfError(item.line, `the ID of an Item is a number 0..${MAX_ID}, not "${idText.slice(0, 40)}"`)
  const operations = importOperations(fields, id, warn)
  const type = importType(fields, id, operations, warn)
  const multiple = fields.oneOf('MultipleInstances', { Single: false, Multiple: true }, warn)
  if (operations === 'E' && multiple) warn(item.line, `resource ${id} is executed and has instances`)
  const { range, remark } = importRange(fields.optional('RangeEnumeration'), type)
  if (remark !== undefined) warn(fields.lineOf('RangeEnumeration'), `resource ${id}: ${remark}`)
  return {
    id,
    name: fields.required('Name'),
    operations,
    multiple,
    mandatory: fields.oneOf('Mandatory', { Optional: false, Mandatory: true }, warn),
    type,
    range,
    units: importUnits(fields, id, warn),
  }
}

function importOperations(fields: Fields, id: number, warn: Warn): ResourceDefinition['operations'] {
  const line = fields.lineOf('Operations')
  const text = fields.optional('Operations')
  switch (text) {
    case 'R':
    case 'W':
    case 'RW':
    case 'E':
      return text
    case '':
      warn(line, `resource ${id} has no operation: bootstrap or Send only`)
      return ''
  }
  const letters = [...new Set(text.toUpperCase().replace(/[\s,/]+/g, ''))].sort().join('')
  if (letters !== 'R' && letters !== 'W' && letters !== 'RW' && letters !== 'E')
    throw new DdfError(line, `Operations are R, W, RW or E, not "${text.slice(0, 40)}"`)
  warn(line, `resource ${id}: operations "${text.slice(0, 40)}" are read as ${letters}`)
  return letters
}

function importType(fields: Fields, id: number, operations: string, warn: Warn): ResourceType {
  const line = fields.lineOf('Type')
  const text = fields.optional('Type')
  if (text === '') {
    if (operations !== 'E') warn(line, `resource ${id} has no type: its values are shown as they come`)
    return 'none'
  }
  if (operations === 'E') warn(line, `resource ${id} is executed and has the type ${text.slice(0, 40)}`)
  if (Object.hasOwn(types, text)) return types[text]!
  const meant = byPlainName.get(plain(text))
  if (!meant)
    throw new DdfError(line, `Type "${text.slice(0, 40)}" is none of ${Object.keys(types).join(', ')}`)
  warn(line, `resource ${id}: type "${text.slice(0, 40)}" is read as ${meant[0]}`)
  return meant[1]
}

function importUnits(fields: Fields, id: number, warn: Warn): string {
  const text = fields.optional('Units')
  const characters = [...text]
  if (characters.length <= MAX_UNITS) return text
  const kept = characters.slice(0, MAX_UNITS).join('').trimEnd()
  warn(fields.lineOf('Units'), `resource ${id}: of its units only "${kept}" is kept`)
  return kept
}
