import { formatPath, isWithin, pathLevel, pathOf } from '@fieldline/object-model'
import type { Node, ObjectDefinition, Path } from '@fieldline/object-model'
import { NO_INSTANCE } from '../check.js'
import type { DecodeContext } from '../context.js'
import { badPayload, tooLarge } from '../errors.js'
import { Repeats } from '../senml/repeats.js'
import { TlvKind } from './kind.js'
import { valueFromTlv } from './values.js'

/** Most values in one payload. */
const MAX_VALUES = 50_000

/** Where a sequence of entries stands: nesting goes this far and no further, so depth has no need of a limit. */
const Level = { Payload: 0, Instance: 1, Resource: 2 } as const
type Level = (typeof Level)[keyof typeof Level]

/**
 * Values from TLV. The request's path completes what the entries leave out: bare resources belong to its instance, bare resource instances to its
 * resource; an object-level payload without instance entries means instance 0 of a single-instance object and "none yet" (65535) of another. Two
 * entries of one id side by side are 4.00, and a value that comes both wrapped and bare.
 * @see LwM2M Core 1.2 §7.4.5
 */
export function decodeTlv(payload: Uint8Array, context: DecodeContext): Node[] {
  if (context.base.objectId === undefined)
    throw badPayload('TLV: the payload does not name objects, so the path must')
  const decoder = new TlvDecoder(payload, context)
  decoder.sequence(
    0,
    payload.length,
    Level.Payload,
    context.base.instanceId ?? -1,
    context.base.resourceId ?? -1,
  )
  return decoder.nodes
}

/** One payload on its way to nodes: entries are read in place, each level of nesting by the same loop. */
class TlvDecoder {
  readonly nodes: Node[] = []
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #context: DecodeContext
  readonly #definition: ObjectDefinition | undefined
  readonly #resources: ObjectDefinition['resources'] | undefined
  readonly #objectId: number
  readonly #baseLevel: number

  constructor(bytes: Uint8Array, context: DecodeContext) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#context = context
    this.#objectId = context.base.objectId!
    this.#definition = context.definitions(this.#objectId)
    this.#resources = this.#definition?.resources
    this.#baseLevel = pathLevel(context.base)
  }

  /** The entries in `start`..`limit`, which belong to an instance and a resource as far as those are known (else −1). */
  sequence(start: number, limit: number, level: Level, instanceId: number, resourceId: number): void {
    const bytes = this.#bytes
    let last = -1
    let ascending = true
    let kinds = 0
    let at = start
    while (at < limit) {
      const head = bytes[at]!
      const kind = (head >> 6) as TlvKind
      const lengthSize = (head >> 3) & 3
      const wideId = head & 0x20
      const from = at + 2 + (wideId >> 5) + lengthSize
      if (from > limit) throw tooShort(limit, at)
      const id = wideId === 0 ? bytes[at + 1]! : (bytes[at + 1]! << 8) | bytes[at + 2]!
      const end = from + (lengthSize === 0 ? head & 7 : bigEndian(bytes, from - lengthSize, from))
      if (end > limit) throw tooShort(limit, at)

      const order = orderOf(kind, id)
      if (order <= last) ascending = false
      last = order
      kinds |= 1 << (order >> 16)
      at = end

      if (kind === TlvKind.Resource && level !== Level.Resource) {
        if (instanceId < 0) instanceId = this.#unnamedInstance()
        this.#value(instanceId, id, -1, from, end)
      } else if (kind === TlvKind.MultipleResource && level !== Level.Resource) {
        if (instanceId < 0) instanceId = this.#unnamedInstance()
        if (this.#baseLevel > 2 && id !== this.#context.base.resourceId) throw this.#notAsked(instanceId, id)
        this.sequence(from, end, Level.Resource, instanceId, id)
      } else if (kind === TlvKind.ResourceInstance && level !== Level.Instance && resourceId >= 0) {
        this.#value(instanceId, resourceId, id, from, end)
      } else if (kind === TlvKind.Instance && level === Level.Payload) {
        if (this.#baseLevel > 1 && id !== this.#context.base.instanceId) throw this.#notAsked(id)
        this.sequence(from, end, Level.Instance, id, -1)
      } else throw badPayload(`TLV: an entry of kind ${kind} at byte ${start}, where there can be none`)
    }
    if (!ascending) this.#refuseTwice(start, limit)
    // Wrapped and bare side by side: one value may have come both ways.
    if ((kinds & (kinds - 1)) !== 0) this.#refuseRepeats()
  }

  #value(
    instanceId: number,
    resourceId: number,
    resourceInstanceId: number,
    from: number,
    end: number,
  ): void {
    const objectId = this.#objectId
    const path: Path =
      resourceInstanceId < 0
        ? { objectId, instanceId, resourceId }
        : { objectId, instanceId, resourceId, resourceInstanceId }
    if (this.#baseLevel > 2 && !isWithin(path, this.#context.base))
      throw badPayload(`${formatPath(path)}: outside ${formatPath(this.#context.base)}, which was asked for`)
    if (this.nodes.length >= MAX_VALUES) throw tooLarge(`TLV: more than ${MAX_VALUES} values`)
    const type = this.#resources?.get(resourceId)?.type
    // Bytes under a definition without a type are of no known type, unless there are none.
    if (type === undefined || (type === 'none' && end > from))
      this.nodes.push({ path, type: 'opaque', value: this.#bytes.slice(from, end), untyped: true })
    else this.nodes.push({ path, type, value: valueFromTlv(type, this.#bytes, this.#view, from, end, path) })
  }

  #unnamedInstance(): number {
    return this.#definition && !this.#definition.multiple ? 0 : NO_INSTANCE
  }

  #notAsked(...ids: readonly number[]): Error {
    return badPayload(
      `${formatPath(pathOf(this.#objectId, ...ids))}: outside ${formatPath(this.#context.base)}, which was asked for`,
    )
  }

  #refuseRepeats(): void {
    const repeats = new Repeats()
    for (const { path } of this.nodes) repeats.check(path)
  }

  /** Entries in ascending order cannot repeat; only others are walked again. */
  #refuseTwice(start: number, limit: number): void {
    const bytes = this.#bytes
    const seen = new Set<number>()
    for (let at = start; at < limit;) {
      const head = bytes[at]!
      const lengthSize = (head >> 3) & 3
      const idEnd = at + (head & 0x20 ? 3 : 2)
      const id = bigEndian(bytes, at + 1, idEnd)
      const order = orderOf((head >> 6) as TlvKind, id)
      if (seen.has(order)) throw badPayload(`TLV: id ${id} twice side by side, again at byte ${at}`)
      seen.add(order)
      const from = idEnd + lengthSize
      at = from + (lengthSize === 0 ? head & 7 : bigEndian(bytes, idEnd, from))
    }
  }
}

/** Ids of instances, resources and resource instances do not meet; a resource is one with and without instances. */
function orderOf(kind: TlvKind, id: number): number {
  return ((kind === TlvKind.MultipleResource ? TlvKind.Resource : kind) << 16) | id
}

function bigEndian(bytes: Uint8Array, from: number, end: number): number {
  let value = 0
  for (let at = from; at < end; at++) value = (value << 8) | bytes[at]!
  return value
}

function tooShort(limit: number, at: number): Error {
  return badPayload(`TLV: the entry at byte ${at} reaches beyond byte ${limit}, where its sequence ends`)
}
