import { Code, ProtocolError } from '@fieldline/bytes'
import { formatLinks, parseLinks } from '@fieldline/codec'
import type { Link, LinkToFormat } from '@fieldline/codec'
import { impliedVersion, objectDefinition } from '@fieldline/object-model'
import type { DefinitionLookup, ObjectDefinition } from '@fieldline/object-model'
import type { LwM2mVersion } from './versions.js'

/** An object instance a device announces; without `instanceId` an object that has none at present. */
export interface AnnouncedObject {
  readonly objectId: number
  readonly instanceId?: number
}

/** What the object list of a Register or Update says. */
export interface ObjectLinks {
  /** In the order of the list, each once; an object appears without instance only when it has none. Never /0, /21, /23, /24. */
  readonly instances: readonly AnnouncedObject[]
  /** Stated object versions by object id. */
  readonly versions: ReadonlyMap<number, string>
  /** `/lwm2m`: goes before every path of a request to this device. */
  readonly alternatePath?: string
  /** Content formats of the root link, in its order; empty when it names none. */
  readonly contentFormats: readonly number[]
  /** The list as received. */
  readonly text: string
}

/** Security, OSCORE, COSE and MQTT objects: never visible to a server. @see LwM2M Core 1.2 §6.2.1 */
const hiddenObjects = new Set([0, 21, 23, 24])
const ROOT_TYPE = 'oma.lwm2m'
/** Highest id a device may announce; 65535 stands for none. */
const MAX_ID = 65_534

/**
 * Reads the object list of a Register or Update. Links that are no objects (other CoAP resources of the device, or anything outside its alternate
 * path) and unknown attributes are passed over. 4.00 on text that is not link format.
 * @see LwM2M Core 1.2 §6.2.1, Transport 1.2 §6.4.1
 */
export function parseObjectLinks(payload: Uint8Array): ObjectLinks {
  const links = parseLinks(payload)
  const root = links.find((link) => attribute(link, 'rt')?.split(' ').includes(ROOT_TYPE))
  const alternatePath = root && readAlternatePath(root.target)
  const versions = new Map<number, string>()
  const announced = new Map<string, AnnouncedObject>()
  const withInstances = new Set<number>()
  let contentFormats: number[] = []
  for (const link of links) {
    const target = withinRoot(link.target, alternatePath)
    if (target === undefined) continue
    if (target === '') {
      const formats = attribute(link, 'ct')
      if (formats !== undefined) contentFormats = parseFormats(formats)
      continue
    }
    const object = parseAnnounced(target)
    if (!object || hiddenObjects.has(object.objectId)) continue
    const version = attribute(link, 'ver')
    if (version !== undefined && /^[0-9]{1,3}\.[0-9]{1,3}$/.test(version))
      versions.set(object.objectId, version)
    if (object.instanceId !== undefined) withInstances.add(object.objectId)
    // By its ids: /03/0 is /3/0.
    announced.set(`${object.objectId}/${object.instanceId ?? ''}`, object)
  }
  return {
    instances: [...announced.values()].filter(
      ({ objectId, instanceId }) => instanceId !== undefined || !withInstances.has(objectId),
    ),
    versions,
    ...(alternatePath !== undefined && { alternatePath }),
    contentFormats,
    text: new TextDecoder().decode(payload),
  }
}

function attribute(link: Link, name: string): string | undefined {
  const value = link.attributes.get(name)
  return typeof value === 'string' ? value : undefined
}

function readAlternatePath(target: string): string | undefined {
  const path = target.replace(/\/$/, '')
  if (path === '') return undefined
  const segments = path.split('/').slice(1)
  if (!path.startsWith('/') || path.length > 255 || segments.some((segment) => /^[0-9]*$/.test(segment))) {
    throw new ProtocolError(
      Code.BadRequest,
      `alternate path "${target.slice(0, 60)}" is empty in part or holds a number`,
    )
  }
  return path
}

/** The target below the device's root, without slashes at its ends; `''` for the root itself, undefined outside. */
function withinRoot(target: string, alternatePath: string | undefined): string | undefined {
  if (alternatePath === undefined) return target.replace(/^\/|\/$/g, '')
  if (target !== alternatePath && !target.startsWith(`${alternatePath}/`)) return undefined
  return target.slice(alternatePath.length).replace(/^\/|\/$/g, '')
}

function parseAnnounced(target: string): AnnouncedObject | undefined {
  const match = /^([0-9]{1,5})(?:\/([0-9]{1,5}))?$/.exec(target)
  if (!match) return undefined
  const objectId = Number(match[1])
  const instanceId = match[2] === undefined ? undefined : Number(match[2])
  if (objectId > MAX_ID || (instanceId ?? 0) > MAX_ID) return undefined
  return instanceId === undefined ? { objectId } : { objectId, instanceId }
}

function parseFormats(text: string): number[] {
  const numbers = text.split(' ').filter((part) => /^[0-9]{1,5}$/.test(part))
  return [...new Set(numbers.map(Number))].filter((format) => format <= 65_535)
}

/** What a client announces. */
export interface Announcement {
  readonly instances: readonly AnnouncedObject[]
  readonly versions?: ReadonlyMap<number, string>
  readonly alternatePath?: string
  readonly contentFormats?: readonly number[]
}

/** The object list of a Register or Update. A version stands on a link of its object, before the object's instances. */
export function formatObjectLinks({
  instances,
  versions,
  alternatePath = '',
  contentFormats = [],
}: Announcement): string {
  const links: LinkToFormat[] = []
  if (alternatePath !== '' || contentFormats.length > 0) {
    const attributes: [string, string | number][] = [['rt', ROOT_TYPE]]
    if (contentFormats.length > 0) attributes.push(['ct', contentFormats.join(' ')])
    links.push({ target: alternatePath || '/', attributes })
  }
  const stated = new Set<number>()
  for (const { objectId, instanceId } of instances) {
    const version = stated.has(objectId) ? undefined : versions?.get(objectId)
    stated.add(objectId)
    const target = `${alternatePath}/${objectId}`
    if (version !== undefined || instanceId === undefined) {
      links.push({ target, attributes: version === undefined ? [] : [['ver', version]] })
    }
    if (instanceId !== undefined) links.push({ target: `${target}/${instanceId}` })
  }
  return formatLinks(links)
}

/**
 * Tells of one object instance after another whether it is announced; an object announced without instances may have come by some since. Walks the
 * list once: list and questions may both count thousands.
 */
export function announcedIn({ instances }: ObjectLinks): (objectId: number, instanceId: number) => boolean {
  const none = MAX_ID + 1
  const key = (objectId: number, instanceId = none): number => objectId * 0x1_0000 + instanceId
  const announced = new Set(instances.map(({ objectId, instanceId }) => key(objectId, instanceId)))
  return (objectId, instanceId) => announced.has(key(objectId, instanceId)) || announced.has(key(objectId))
}

/**
 * Definitions that hold for a device: the registry's, in the version it states for each object, else the one its enabler version implies. Vendor
 * definitions go in front with `firstDefinition`.
 */
export function definitionsFor(
  links: Pick<ObjectLinks, 'versions'>,
  version: LwM2mVersion,
): DefinitionLookup {
  const found = new Map<number, ObjectDefinition | undefined>()
  return (objectId) => {
    if (!found.has(objectId)) {
      found.set(
        objectId,
        objectDefinition(objectId, links.versions.get(objectId) ?? impliedVersion(objectId, version)),
      )
    }
    return found.get(objectId)
  }
}
