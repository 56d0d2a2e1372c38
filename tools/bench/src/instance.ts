import { ContentFormat, decode, encode } from '@fieldline/codec'
import type { DecodeContext } from '@fieldline/codec'
import { definitionsFor, parseObjectLinks } from '@fieldline/lwm2m'
import { pathOf, sameValue, samePath } from '@fieldline/object-model'
import type { DefinitionLookup, Node, ResourceType, ResourceValue } from '@fieldline/object-model'

/** Filling Level: integers, floats, booleans, times and texts, as meters mix them. */
const objectId = 3435
const objectVersion = '2.0'
const resources = 20
/** Different payloads in turn, so that nothing is learned of one. */
const variants = 16
const now = 1_700_000_000_000

/** One payload and what must be read from it. */
export interface Sample {
  readonly payload: Uint8Array
  readonly expected: readonly Node[]
  readonly context: DecodeContext
}

/** The definitions a server holds for a device that registered this object, looked up as it looks them up. */
function registeredDefinitions(): DefinitionLookup {
  const links = new TextEncoder().encode(
    `</>;rt="oma.lwm2m";ct=112,</1/0>,</3/0>,</${objectId}>;ver=${objectVersion},</${objectId}/0>`,
  )
  return definitionsFor(parseObjectLinks(links), '1.1')
}

function valueOf(type: ResourceType, seed: number): ResourceValue {
  switch (type) {
    case 'integer':
    case 'unsigned':
      return (seed * 7919) % [100, 30_000, 70_000_000][seed % 3]
    case 'float':
      return ((seed * 104_729) % 1_000_000) / 1000
    case 'boolean':
      return seed % 2 === 0
    case 'time':
      return 1_700_000_000 + seed * 900
    case 'string':
      return `Tank ${seed} (north yard, row ${seed % 40})`
    default:
      throw new RangeError(`no value is thought of for ${type}`)
  }
}

/** Instances of twenty resources in one content format, and the types by resource id. */
export function samplesIn(format: number): { samples: Sample[]; types: ResourceType[] } {
  const definitions = registeredDefinitions()
  const readable = [...definitions(objectId)!.resources.values()]
    .filter(({ operations, multiple }) => operations.includes('R') && !multiple)
    .slice(0, resources)
  if (readable.length !== resources) throw new RangeError(`object ${objectId} has ${readable.length}`)
  const types: ResourceType[] = []
  for (const { id, type } of readable) types[id] = type
  const base = pathOf(objectId, 0)
  const context: DecodeContext = { base, definitions, now }
  const samples = Array.from({ length: variants }, (_, variant): Sample => {
    const expected = readable.map(({ id, type }): Node => ({
      path: pathOf(objectId, 0, id),
      type,
      value: valueOf(type, variant * resources + id + 1),
    }))
    return { expected, payload: encode(format, expected, { base, definitions }), context }
  })
  return { samples, types }
}

/** Throws where a decoded instance is not the one that was encoded, value by value. */
export function checkDecoded(format: number, samples: readonly Sample[]): void {
  for (const { payload, expected, context } of samples) {
    const nodes = decode(format, payload, context)
    const right =
      nodes.length === expected.length &&
      nodes.every(
        (node, i) =>
          samePath(node.path, expected[i].path) &&
          node.type === expected[i].type &&
          sameValue(node.value, expected[i].value),
      )
    if (!right) throw new Error('the codec read other values than were written')
  }
}

export { ContentFormat, resources }
