import { formatPath, isWithin, pathLevel, pathOf } from '@fieldline/object-model'
import type { Node, Path } from '@fieldline/object-model'
import { Binder } from '../bind.js'
import { NO_INSTANCE } from '../check.js'
import type { DecodeContext } from '../context.js'
import { badPayload, tooLarge } from '../errors.js'
import { TlvKind, TlvReader } from './read.js'
import { valueFromTlv } from './values.js'

/** Most values in one payload. */
const MAX_VALUES = 50_000

/**
 * Values from TLV. The request's path completes what the entries leave out: bare resources belong to its instance, bare resource instances to its
 * resource; an object-level payload without instance entries means instance 0 of a single-instance object and "none yet" (65535) of another. Two
 * entries of one id side by side are 4.00.
 * @see LwM2M Core 1.2 §7.4.5
 */
export function decodeTlv(payload: Uint8Array, context: DecodeContext): Node[] {
  if (context.base.objectId === undefined)
    throw badPayload('TLV: the payload does not name objects, so the path must')
  return new TlvDecoder(payload, context).payload()
}

/** One payload on its way to nodes. The three levels of nesting are three methods, so depth has no need of a limit. */
class TlvDecoder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #context: DecodeContext
  readonly #binder: Binder
  readonly #nodes: Node[] = []
  readonly #objectId: number
  readonly #baseLevel: number

  constructor(bytes: Uint8Array, context: DecodeContext) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#context = context
    this.#binder = new Binder(context.definitions)
    this.#objectId = context.base.objectId!
    this.#baseLevel = pathLevel(context.base)
  }

  payload(): Node[] {
    const { base } = this.#context
    const entries = new TlvReader(this.#bytes)
    let bareInstance = base.instanceId
    let last = -1
    let ascending = true
    while (entries.next()) {
      // Ids of different kinds do not meet: the kind goes in front.
      const key =
        (entries.kind === TlvKind.MultipleResource ? TlvKind.Resource : entries.kind) * 0x1_0000 + entries.id
      ascending &&= key > last
      last = key
      if (entries.kind === TlvKind.Instance) this.#instance(entries)
      else if (entries.kind !== TlvKind.ResourceInstance) {
        bareInstance ??= this.#unnamedInstance()
        this.#resource(bareInstance, entries)
      } else if (base.resourceId === undefined) {
        throw badPayload(`TLV: resource instance ${entries.id} of no resource`)
      } else {
        this.#value(base.instanceId!, base.resourceId, entries.id, entries)
      }
    }
    if (!ascending) this.#refuseTwice(0, this.#bytes.length, '')
    return this.#nodes
  }

  #instance({ id, start, end }: TlvReader): void {
    this.#checkAsked(this.#baseLevel < 2 || this.#context.base.instanceId === id, id)
    const entries = new TlvReader(this.#bytes, start, end)
    let last = -1
    let ascending = true
    while (entries.next()) {
      ascending &&= entries.id > last
      last = entries.id
      this.#resource(id, entries)
    }
    if (!ascending) this.#refuseTwice(start, end, `/${this.#objectId}/${id}`)
  }

  #resource(instanceId: number, entry: TlvReader): void {
    const { id, kind, start, end } = entry
    this.#checkAsked(this.#baseLevel < 3 || this.#context.base.resourceId === id, instanceId, id)
    if (kind === TlvKind.Resource) {
      this.#value(instanceId, id, undefined, entry)
      return
    }
    if (kind !== TlvKind.MultipleResource)
      throw badPayload(
        `/${this.#objectId}/${instanceId}/${id}: an entry of kind ${kind} inside an object instance`,
      )
    const entries = new TlvReader(this.#bytes, start, end)
    let last = -1
    let ascending = true
    while (entries.next()) {
      if (entries.kind !== TlvKind.ResourceInstance)
        throw badPayload(`/${this.#objectId}/${instanceId}/${id}: holds more than resource instances`)
      ascending &&= entries.id > last
      last = entries.id
      this.#value(instanceId, id, entries.id, entries)
    }
    if (!ascending) this.#refuseTwice(start, end, `/${this.#objectId}/${instanceId}/${id}`)
  }

  #value(
    instanceId: number,
    resourceId: number,
    resourceInstanceId: number | undefined,
    entry: TlvReader,
  ): void {
    const objectId = this.#objectId
    const path: Path =
      resourceInstanceId === undefined
        ? { objectId, instanceId, resourceId }
        : { objectId, instanceId, resourceId, resourceInstanceId }
    if (this.#baseLevel > 2 && !isWithin(path, this.#context.base)) throw this.#notAsked(path)
    const type = this.#binder.typeOf(objectId, resourceId)
    const value = valueFromTlv(type ?? 'opaque', this.#bytes, this.#view, entry.start, entry.end, path)
    // Bytes under a definition without a type are of no known type, unless there are none.
    const untyped = type === undefined || (type === 'none' && value !== '')
    if (this.#nodes.length >= MAX_VALUES) throw tooLarge(`TLV: more than ${MAX_VALUES} values`)
    this.#nodes.push(untyped ? { path, type: 'opaque', value, untyped } : { path, type, value })
  }

  #unnamedInstance(): number {
    const definition = this.#context.definitions(this.#objectId)
    return definition && !definition.multiple ? 0 : NO_INSTANCE
  }

  #checkAsked(asked: boolean, ...ids: readonly number[]): void {
    if (!asked) throw this.#notAsked(pathOf(this.#objectId, ...ids))
  }

  #notAsked(path: Path): Error {
    return badPayload(`${formatPath(path)}: outside ${formatPath(this.#context.base)}, which was asked for`)
  }

  /** Entries in ascending order cannot repeat; only others are walked again. */
  #refuseTwice(start: number, end: number, where: string): void {
    const entries = new TlvReader(this.#bytes, start, end)
    const seen = new Set<number>()
    while (entries.next()) {
      const key =
        (entries.kind === TlvKind.MultipleResource ? TlvKind.Resource : entries.kind) * 0x1_0000 + entries.id
      if (seen.has(key)) throw badPayload(`${where}/${entries.id}: twice in the payload`)
      seen.add(key)
    }
  }
}
