import { DdfError, importDdf } from '@fieldline/object-model/ddf'
import type { DdfImport } from '@fieldline/object-model/ddf'
import { resourceTypes } from '@fieldline/object-model'
import type { ObjectDefinition, ResourceDefinition } from '@fieldline/object-model'
import { join } from '../bytes.js'
import type { Chance } from '../chance.js'
import { corpusFiles } from '../corpus.js'
import { mutate } from '../mutate.js'
import { BrokenPromise } from '../target.js'
import type { Target } from '../target.js'

const files = corpusFiles('xml', '.xml').map((file) => join(file.text))

const numbers = ['0', '1', '7', '65534', '65535', '65536', '-1', '1.0', '', '00', '1e3', '99999999999']
const versions = ['1.0', '1.1', '2.0', '1', '1.0.0', '', 'x']
const urns = ['urn:oma:lwm2m:x:33001', 'urn:oma:lwm2m:x:33001:1.1', 'urn:oma:lwm2m:ext:3:1.2', 'urn:x', '']
const words = ['Single', 'Multiple', 'single', 'Optional', 'Mandatory', 'true', 'yes', '', ' Single ']
const types = ['String', 'Integer', 'Unsigned Integer', 'Float', 'Boolean', 'Opaque', 'Time', 'Objlnk', 'Corelnk', '', 'none', 'integer', 'Unsignedinteger', 'Int'] // prettier-ignore
const operations = ['R', 'W', 'RW', 'E', '', 'WR', 'RWE', 'X', 'r']
const ranges = ['', '0..255', '0-255', '-5..5', '1,2,3', '0..', 'a..b', '0..1024 bytes', '1.5..2.5', '5..1', '0x00..0xff', '[0,1]', '2^32', '0..9223372036854775807'] // prettier-ignore
const texts = ['Valve', '&amp;', '&lt;b&gt;', '&#65;', '&#x41;', '&#0;', '&unknown;', '&', '<![CDATA[<&]]>', '<b>x</b>', 'é€😀', '\u0001', ']]>', '<!-- x -->', '<?pi x?>', ' '] // prettier-ignore

function element(chance: Chance, name: string, text: string): string {
  if (chance.once(40)) return ''
  if (chance.once(60)) return `<${name}>${text}`
  if (chance.once(60)) return `<${name} a="1" a='2'>${text}</${name}>`
  const tag = chance.once(60) ? name.toLowerCase() : name
  const twice = chance.once(60) ? `<${tag}/>` : ''
  return text === '' && chance.once(2) ? `<${tag}/>${twice}` : `<${tag}>${text}</${tag}>${twice}`
}

/** Mostly what is usual, else anything of a list. */
function mostly(chance: Chance, usual: string, others: readonly string[]): string {
  return chance.once(6) ? chance.pick(others) : usual
}

function item(chance: Chance, id: number): string {
  const quote = chance.once(4) ? "'" : '"'
  const attribute = chance.once(30) ? 'id' : 'ID'
  const fields = [
    element(chance, 'Name', mostly(chance, 'Level', texts)),
    element(chance, 'Operations', chance.pick(operations)),
    element(chance, 'MultipleInstances', mostly(chance, 'Single', words)),
    element(chance, 'Mandatory', mostly(chance, 'Optional', words)),
    element(chance, 'Type', chance.pick(types)),
    element(chance, 'RangeEnumeration', chance.pick(ranges)),
    element(chance, 'Units', mostly(chance, '', texts)),
    element(chance, 'Description', mostly(chance, 'x', texts)),
  ]
  return `<Item ${attribute}=${quote}${mostly(chance, String(id), numbers)}${quote}>${fields.join(chance.once(4) ? '\r\n' : '')}</Item>`
}

function object(chance: Chance): string {
  let id = 0
  const fields = [
    element(chance, 'Name', mostly(chance, 'Gas valve', texts)),
    element(chance, 'ObjectID', mostly(chance, '33001', numbers)),
    element(chance, 'ObjectURN', chance.pick(urns)),
    element(chance, 'LWM2MVersion', chance.pick(versions)),
    element(chance, 'ObjectVersion', chance.pick(versions)),
    element(chance, 'MultipleInstances', mostly(chance, 'Single', words)),
    element(chance, 'Mandatory', mostly(chance, 'Optional', words)),
    element(chance, 'Resources', chance.some(0, 4, () => item(chance, id++)).join('\n')),
  ]
  return `<Object${chance.once(6) ? '' : ' ObjectType="MODefinition"'}>${fields.join('')}</Object>`
}

const prologs = ['', '', '<?xml version="1.0" encoding="UTF-8"?>', '\ufeff', '<!-- x -->', '<!DOCTYPE a>', '<!-- <!doctype -->', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>', 'x'] // prettier-ignore

function document(chance: Chance): string {
  const objects = chance.some(1, chance.once(6) ? 3 : 1, () => object(chance)).join('')
  const deep = chance.once(30) ? '<a>'.repeat(chance.int(60)) : ''
  const root = chance.once(10) ? objects : `<LWM2M>${deep}${objects}</LWM2M>`
  return chance.pick(prologs) + root + (chance.once(30) ? objects : '')
}

function make(chance: Chance): Uint8Array {
  if (chance.once(2)) return join(document(chance))
  return mutate(chance.once(3) ? join(document(chance)) : chance.pick(files), chance, files, 8192)
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'String',
  integer: 'Integer',
  unsigned: 'Unsigned Integer',
  float: 'Float',
  boolean: 'Boolean',
  opaque: 'Opaque',
  time: 'Time',
  objlnk: 'Objlnk',
  corelnk: 'Corelnk',
  none: '',
}

function itemOf(resource: ResourceDefinition): string {
  const { id, name, multiple, mandatory, type, range, units } = resource
  return (
    `<Item ID="${id}"><Name>${escaped(name)}</Name><Operations>${resource.operations}</Operations>` +
    `<MultipleInstances>${multiple ? 'Multiple' : 'Single'}</MultipleInstances>` +
    `<Mandatory>${mandatory ? 'Mandatory' : 'Optional'}</Mandatory><Type>${typeNames[type]}</Type>` +
    `<RangeEnumeration>${escaped(range)}</RangeEnumeration><Units>${escaped(units)}</Units></Item>`
  )
}

/** A definition as a regular file would have it. */
function fileOf(definition: ObjectDefinition): string {
  const { id, name, version, lwm2mVersion, urn, multiple, mandatory, resources } = definition
  return (
    `<LWM2M><Object ObjectType="MODefinition"><Name>${escaped(name)}</Name><ObjectID>${id}</ObjectID>` +
    `<ObjectURN>${escaped(urn)}</ObjectURN><LWM2MVersion>${lwm2mVersion}</LWM2MVersion><ObjectVersion>${version}</ObjectVersion>` +
    `<MultipleInstances>${multiple ? 'Multiple' : 'Single'}</MultipleInstances>` +
    `<Mandatory>${mandatory ? 'Mandatory' : 'Optional'}</Mandatory>` +
    `<Resources>${[...resources.values()].map(itemOf).join('')}</Resources></Object></LWM2M>`
  )
}

function plain({ resources, ...rest }: ObjectDefinition): string {
  return JSON.stringify({ ...rest, resources: [...resources] })
}

function taken(file: Uint8Array | string): DdfImport | undefined {
  try {
    return importDdf(file)
  } catch (error) {
    if (error instanceof DdfError && error.line >= 1) return undefined
    throw error
  }
}

function run(input: Uint8Array): void {
  for (const definition of taken(input)?.definitions ?? []) {
    const { id, name, resources } = definition
    const sound =
      id >= 0 &&
      id < 65_535 &&
      name !== '' &&
      [...resources].every(
        ([key, resource]) =>
          key === resource.id && key >= 0 && key <= 65_535 && resourceTypes.includes(resource.type),
      )
    if (!sound) throw new BrokenPromise(`not a sound definition: ${plain(definition).slice(0, 300)}`)
    const again = taken(fileOf(definition))
    if (!again)
      throw new BrokenPromise(
        `what was taken is refused when written regularly: ${plain(definition).slice(0, 300)}`,
      )
    if (plain(again.definitions[0]) !== plain(definition))
      throw new BrokenPromise(
        `${plain(definition).slice(0, 300)} comes back as ${plain(again.definitions[0]).slice(0, 300)}`,
      )
  }
}

/** Object definition files. */
export const xml: Target = {
  name: 'xml',
  promises:
    'an object definition file is refused with a line or taken, and a taken definition written regularly is taken as the same',
  sources: ['libs/protocol/object-model/src/ddf'],
  make,
  run,
}
