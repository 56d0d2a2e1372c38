import type { ObjectDefinition, ResourceDefinition } from '../definition.js'
import { DdfError } from './errors.js'
import type { DdfWarning } from './errors.js'
import { importResource } from './resource.js'
import { Fields } from './fields.js'
import { MAX_DDF_BYTES, parseXml } from './xml.js'
import type { XmlElement } from './xml.js'

/** What a definition file gives. */
export interface DdfImport {
  /** Mostly one; in the order of the file. */
  readonly definitions: readonly ObjectDefinition[]
  /** What was wrong and understood all the same, in the order of the lines. */
  readonly warnings: readonly DdfWarning[]
}

const VERSION = /^[0-9]{1,5}\.[0-9]{1,5}$/
const URN = /^urn:oma:lwm2m:([a-z]{1,8}):([0-9]{1,5})(?::([0-9]{1,5}\.[0-9]{1,5}))?$/
/** Highest id an object may have. */
const MAX_OBJECT_ID = 65_534
/** Most resources of one object. */
const MAX_RESOURCES = 2_000

/**
 * Reads an object definition file (DDF, the XML of the OMA registry): UTF-8 bytes or text. Irregularities that leave no doubt are taken with a
 * warning that names the line. Throws `DdfError` with the line on text that is not XML, a document type or entity, a file beyond the limits, and on
 * what contradicts the schema: a missing or doubled id, an unknown type, operation or version.
 * @see LwM2M Core 1.2 §D.1, schema LWM2M.xsd
 */
export function importDdf(file: Uint8Array | string): DdfImport {
  const warnings: DdfWarning[] = []
  const warn = (line: number, message: string): void => void warnings.push({ line, message })
  const root = parseXml(textOf(file, warn))
  const objects = root.name === 'LWM2M' ? root.children.filter(({ name }) => name === 'Object') : []
  if (root.name === 'Object') {
    warn(root.line, 'the <LWM2M> around <Object> is missing')
    objects.push(root)
  }
  if (objects.length === 0)
    throw new DdfError(
      root.line,
      `<${root.name}> is no object definition: <LWM2M> with an <Object> inside is wanted`,
    )
  const definitions = objects.map((object) => importObject(object, warn))
  return { definitions, warnings: warnings.sort((a, b) => a.line - b.line) }
}

type Warn = (line: number, message: string) => void

function textOf(file: Uint8Array | string, warn: Warn): string {
  if (file.length > MAX_DDF_BYTES)
    throw new DdfError(1, `the file has more than ${MAX_DDF_BYTES} bytes, more than any object definition`)
  let text: string
  try {
    text =
      typeof file === 'string'
        ? file
        : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file)
  } catch {
    throw new DdfError(1, 'the file is not UTF-8')
  }
  if (text.startsWith('\ufeff')) {
    warn(1, 'the file begins with a byte order mark')
    text = text.slice(1)
  }
  return text.replace(/\r\n?/g, '\n')
}

function importObject(element: XmlElement, warn: Warn): ObjectDefinition {
  const fields = new Fields(element)
  const name = fields.required('Name')
  const idText = fields.required('ObjectID')
  const idLine = fields.lineOf('ObjectID')
  const id = /^[0-9]{1,5}$/.test(idText) ? Number(idText) : -1
  if (id < 0 || id > MAX_OBJECT_ID)
    throw new DdfError(idLine, `ObjectID is a number 0..${MAX_OBJECT_ID}, not "${idText.slice(0, 40)}"`)
  if (element.attributes.get('ObjectType') !== 'MODefinition')
    warn(element.line, 'ObjectType is not "MODefinition"')
  const { version, urn } = versionAndUrn(fields, id, warn)
  const lwm2mVersion = versionOf(fields, 'LWM2MVersion') ?? '1.0'
  return {
    id,
    name,
    version,
    lwm2mVersion,
    urn,
    multiple: fields.oneOf('MultipleInstances', { Single: false, Multiple: true }, warn),
    mandatory: fields.oneOf('Mandatory', { Optional: false, Mandatory: true }, warn),
    resources: importResources(fields, warn),
  }
}

function importResources(fields: Fields, warn: Warn): Map<number, ResourceDefinition> {
  const resources = new Map<number, ResourceDefinition>()
  const list = fields.element('Resources')
  if (!list) throw new DdfError(fields.line, '<Resources> is missing')
  for (const item of list.children) {
    if (item.name !== 'Item') continue
    const resource = importResource(item, warn)
    if (resources.has(resource.id)) throw new DdfError(item.line, `resource ${resource.id} is defined twice`)
    if (resources.size >= MAX_RESOURCES) throw new DdfError(item.line, `more than ${MAX_RESOURCES} resources`)
    resources.set(resource.id, resource)
  }
  if (resources.size === 0) warn(list.line, 'the object has no resources')
  return resources
}

function versionOf(fields: Fields, name: string): string | undefined {
  const text = fields.optional(name)
  if (text !== '' && !VERSION.test(text))
    throw new DdfError(fields.lineOf(name), `${name} is major.minor, not "${text.slice(0, 40)}"`)
  return text === '' ? undefined : text
}

/** The version that ObjectVersion states, and a URN that says the same; where the two differ ObjectVersion is believed. */
function versionAndUrn(fields: Fields, id: number, warn: Warn): { version: string; urn: string } {
  const stated = versionOf(fields, 'ObjectVersion')
  const urn = fields.optional('ObjectURN')
  const line = fields.lineOf('ObjectURN')
  const [, , urnId, urnVersion] = URN.exec(urn) ?? []
  const version = stated ?? urnVersion ?? '1.0'
  const space = id < 1024 ? 'oma' : id <= 10_240 ? 'ext' : 'x'
  const regular = `urn:oma:lwm2m:${space}:${id}${version === '1.0' ? '' : `:${version}`}`
  if (stated === undefined && urnVersion !== undefined && urnVersion !== '1.0')
    warn(line, `ObjectVersion is missing; version ${urnVersion} is taken from the URN`)
  if (urn === '') warn(fields.line, `ObjectURN is missing; it is taken as ${regular}`)
  else if (urnId === undefined)
    warn(line, `ObjectURN "${urn.slice(0, 80)}" is none of LwM2M; it is taken as ${regular}`)
  else if (Number(urnId) !== id)
    warn(line, `ObjectURN names object ${urnId}, ObjectID ${id}; the ObjectID is taken`)
  else if ((urnVersion ?? '1.0') !== version)
    warn(
      line,
      `ObjectURN states version ${urnVersion ?? '1.0'}, ObjectVersion ${version}; the ObjectVersion is taken`,
    )
  else return { version, urn }
  return { version, urn: regular }
}
