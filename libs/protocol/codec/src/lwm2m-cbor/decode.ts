import { isWithin, pathIds, pathLevel, pathOf } from '@fieldline/object-model'
import type { Node, Path, ResourceType, ResourceValue } from '@fieldline/object-model'
import { Binder } from '../bind.js'
import { CborReader, Major } from '../cbor/read.js'
import { readCborValue } from '../cbor/value.js'
import type { DecodeContext } from '../context.js'
import { badPayload, tooLarge } from '../errors.js'
import { Repeats } from '../senml/repeats.js'

/** Most values in one payload. */
const MAX_VALUES = 50_000
const MAX_LEVELS = 4
const MAX_ID = 65_535

/** A value and the ids that the keys above it say, from the outermost map inwards. */
interface Leaf {
  readonly ids: readonly number[]
  readonly value: ResourceValue
  readonly type: ResourceType
}

/**
 * Values from LwM2M CBOR: maps in maps whose keys are ids or lists of ids, in any mix; the keys from the outside inwards are the path. Paths are
 * absolute; where that cannot be (the bodies of Write and Create in 1.2.0) they are below the path of the request. 4.00 on an empty map, a key
 * or a path twice.
 * @see LwM2M Core 1.2.1 §7.4.7
 */
export function decodeLwM2mCbor(payload: Uint8Array, context: DecodeContext): Node[] {
  // A Read of something empty may be answered with nothing at all.
  if (payload.length === 0) return []
  const reader = new CborReader(payload)
  const leaves: Leaf[] = []
  readMap(reader, [], new Keys(context.gatewayPrefix), leaves, true)
  reader.end()
  const binder = new Binder(context.definitions)
  const repeats = new Repeats()
  const above = isRelative(leaves, context.base) ? pathIds(context.base) : []
  return leaves.map(({ ids, value, type }) => {
    const path = pathOf(...above, ...ids)
    repeats.check(path)
    return binder.node(path, value, type)
  })
}

function readMap(
  reader: CborReader,
  above: readonly number[],
  keys: Keys,
  leaves: Leaf[],
  outermost = false,
): void {
  const seen = new Set<string>()
  let left = reader.openMap()
  if (!reader.more(left)) throw reader.error('an empty map')
  for (; reader.more(left); left--) {
    const key = keys.read(reader, outermost)
    const ids = [...above, ...key]
    if (ids.length > MAX_LEVELS) throw reader.error(`a path of more than ${MAX_LEVELS} ids`)
    const name = key.join('/')
    if (seen.has(name)) throw reader.error(`map key ${name} twice`)
    seen.add(name)
    if (reader.peek() === Major.Map) readMap(reader, ids, keys, leaves)
    else {
      if (leaves.length >= MAX_VALUES) throw tooLarge(`LwM2M CBOR: more than ${MAX_VALUES} values`)
      leaves.push({ ids, ...readCborValue(reader) })
    }
  }
  reader.close()
}

/** Reads map keys; the outermost may begin with the prefix of a device behind a gateway, and must where one was asked. */
class Keys {
  readonly #prefix: string | undefined

  constructor(prefix: string | undefined) {
    this.#prefix = prefix
  }

  /** The ids of a key: none where it is the prefix alone, and the map below it goes on. */
  read(reader: CborReader, outermost: boolean): number[] {
    const ids: number[] = []
    let prefix: string | undefined
    if (reader.peek() === Major.Array) {
      for (let left = reader.openArray(); reader.more(left); left--) {
        if (ids.length > MAX_LEVELS) throw reader.error(`a path of more than ${MAX_LEVELS} ids`)
        if (outermost && prefix === undefined && ids.length === 0 && reader.peek() === Major.Text)
          prefix = reader.text()
        else ids.push(readId(reader))
      }
      reader.close()
      if (ids.length === 0) throw reader.error('a key without ids')
    } else if (outermost && reader.peek() === Major.Text) prefix = reader.text()
    else ids.push(readId(reader))
    if (outermost && prefix !== this.#prefix) throw badPayload(this.#otherDevice(prefix))
    return ids
  }

  #otherDevice(prefix: string | undefined): string {
    const asked = this.#prefix === undefined ? 'the device itself' : `"${this.#prefix.slice(0, 40)}"`
    return prefix === undefined
      ? `LwM2M CBOR: values of the gateway where ${asked} was asked`
      : `LwM2M CBOR: values of "${prefix.slice(0, 40)}" where ${asked} was asked`
  }
}

function readId(reader: CborReader): number {
  const id = reader.integer()
  if (typeof id !== 'number' || id < 0 || id > MAX_ID) throw reader.error(`${id} is no id`)
  return id
}

/** Whether the keys can only be meant below the base: read from the root none lies within it, read below it every one is a resource. */
function isRelative(leaves: readonly Leaf[], base: Path): boolean {
  const level = pathLevel(base)
  if (level === 0) return false
  const absolute = leaves.some(({ ids }) => ids.length >= 3 && isWithin(pathOf(...ids), base))
  return !absolute && leaves.every(({ ids }) => level + ids.length >= 3 && level + ids.length <= MAX_LEVELS)
}
