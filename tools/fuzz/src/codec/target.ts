import { ProtocolError, fromHex, toHex } from '@fieldline/bytes'
import {
  ContentFormat,
  decode,
  decodeChanges,
  decodePaths,
  encode,
  encodeChanges,
  encodePaths,
} from '@fieldline/codec'
import type { Change, DecodeContext } from '@fieldline/codec'
import {
  definitionsOf,
  firstDefinition,
  formatObjlnk,
  formatPath,
  isWithin,
  objectDefinition,
  parsePath,
  registryDefinitions,
  rootPath,
  samePath,
  sameValue,
} from '@fieldline/object-model'
import type { Node, Path, ResourceType } from '@fieldline/object-model'
import { join, sameBytes } from '../bytes.js'
import { Chance } from '../chance.js'
import { corpusLines } from '../corpus.js'
import { mutate } from '../mutate.js'
import { BrokenPromise } from '../target.js'
import type { Target } from '../target.js'
import { lwm2mCbor, plainCbor, senmlCbor } from './cbor.js'
import { lwm2mJson, plainText, senmlJson } from './json.js'
import { anyNodes } from './nodes.js'
import { tlv } from './tlv.js'

/** Content-Formats an input can name: those there are, the old numbers, and one that nobody knows. */
const formats = [...Object.values(ContentFormat), 1541, 1542, 1543, 4711]
const bases = ['/', '/3', '/3/0', '/3/0/0', '/3/0/6', '/3/0/6/1', '/1', '/65', '/65/0', '/3441', '/3441/0/150', '/3442/0', '/3442/0/170', '/3442/0/180', '/65/0/0', '/65/0/1', '/65/0/3', '/65/0/4', '/65/0/5', '/65/0/6', '/65/0/7', '/65/0/8', '/65/0/9', '/65/0/106/0', '/3303/0/5700', '/3/0/13', '/3435/0', '/65000/0/1']
  .map(parsePath) // prettier-ignore
const now = 1_700_000_000_000
/** Times below this many seconds are relative to now when read, so they come back as other ones (RFC 8428 §4.5.3). */
const relativeBelowMs = 2 ** 28 * 1000

const types: ResourceType[] = [
  'string',
  'integer',
  'unsigned',
  'float',
  'boolean',
  'opaque',
  'time',
  'objlnk',
  'corelnk',
  'none',
]
/** An object with a resource of every type, single from 0 on, multiple from 100 on. */
const everyType = {
  ...objectDefinition(3)!,
  id: 65,
  multiple: true,
  resources: new Map(
    types.flatMap((type, i) =>
      [i, 100 + i].map((id) => {
        const multiple = id >= 100
        const rest = { name: type, operations: 'RW' as const, mandatory: false, range: '', units: '' }
        return [id, { id, type, multiple, ...rest }] as const
      }),
    ),
  ),
}
const definitions = firstDefinition(definitionsOf([everyType]), registryDefinitions)

const generators: readonly (readonly [number, (chance: Chance) => Uint8Array | string])[] = [
  [ContentFormat.Tlv, tlv],
  [ContentFormat.SenmlCbor, senmlCbor],
  [ContentFormat.SenmlEtchCbor, senmlCbor],
  [ContentFormat.LwM2mCbor, lwm2mCbor],
  [ContentFormat.Cbor, plainCbor],
  [ContentFormat.SenmlJson, senmlJson],
  [ContentFormat.SenmlEtchJson, senmlJson],
  [ContentFormat.LwM2mJson, lwm2mJson],
  [ContentFormat.Text, plainText],
]

/** What an input's third byte switches on. */
const Flag = { AlternatePath: 1, GatewayPrefix: 2, NoDefinitions: 4, Encode: 8 } as const

const seeds = corpusLines('codec', '.txt').map(({ text }) => {
  const [format, base, kind, ...rest] = text.split(' ')
  const payload = kind === 'text' ? join(rest.join(' ')) : fromHex(rest[0] ?? '')
  const baseIndex = bases.findIndex((one) => formatPath(one) === base)
  return { head: [formats.indexOf(Number(format)), Math.max(0, baseIndex), 0], payload }
})
for (const { text } of corpusLines('links', 'link-format.txt')) {
  const base = bases.findIndex((one) => formatPath(one) === '/3442/0/180')
  seeds.push({
    head: [formats.indexOf(ContentFormat.Link), base, 0],
    payload: join(text.replace(/^links /, '')),
  })
}
const payloads = seeds.map(({ payload }) => payload)

function make(chance: Chance): Uint8Array {
  const flags = chance.once(3) ? chance.int(16) : 0
  const base = chance.int(bases.length)
  if (chance.once(3)) {
    const [format, generate] = chance.pick(generators)
    const payload = join(generate(chance))
    return join(Uint8Array.of(formats.indexOf(format), base, flags), payload)
  }
  const { head, payload } = chance.pick(seeds)
  const format = chance.once(10) ? chance.int(formats.length) : head[0]
  const asked = chance.once(4) ? base : head[1]
  const changed = chance.once(20) ? payload : mutate(payload, chance, payloads)
  return join(Uint8Array.of(format, asked, flags), changed)
}

function run(input: Uint8Array): void {
  const [formatByte = 0, baseByte = 0, flags = 0] = input
  const format = formats[formatByte % formats.length]
  const base = bases[baseByte % bases.length]
  const payload = input.subarray(3)
  const context: DecodeContext = {
    base,
    now,
    definitions: flags & Flag.NoDefinitions ? () => undefined : definitions,
    ...(flags & Flag.AlternatePath && { alternatePath: '/lwm2m' }),
    ...(flags & Flag.GatewayPrefix && { gatewayPrefix: 'd01' }),
  }
  if (flags & Flag.Encode) {
    const typeAt = ({ objectId, resourceId }: Path): ResourceType | undefined =>
      context.definitions(objectId ?? 0)?.resources.get(resourceId ?? 0)?.type
    const chance = new Chance(input.length, payload.reduce((sum, byte) => sum * 31 + byte, 7) >>> 0)
    const nodes = anyNodes(base, typeAt, chance)
    if (mayBePassed(format, nodes, base, typeAt)) writeAndRead(format, nodes, context)
    else unsayable(() => encode(format, nodes, context))
    unsayable(() => encodePaths(format, nodes.map(({ path }) => path), context)) // prettier-ignore
    unsayable(() => encodeChanges(format, nodes.map(changeOf), context)) // prettier-ignore
    return
  }
  composite(format, payload, context)
  const nodes = refused(() => decode(format, payload, context))
  if (!nodes) return
  // Send and composites may name anything; what is encoded lies within what was asked for
  const within = nodes.every(({ path }) => isWithin(path, base)) ? base : rootPath
  writeAndRead(format, nodes, { ...context, base: within })
}

const singleValueFormats: readonly number[] = [
  ContentFormat.Text,
  ContentFormat.Opaque,
  ContentFormat.Cbor,
  ContentFormat.Link,
]

/**
 * What a caller may expect to be read as it was passed: values of the types their definitions say, one at a path and time, and in a format of one value
 * that value at the path of the request.
 */
function mayBePassed(
  format: number,
  nodes: readonly Node[],
  base: Path,
  typeAt: (path: Path) => ResourceType | undefined,
): boolean {
  const places = new Set(nodes.map(({ path, time }) => `${formatPath(path)} ${time ?? ''}`))
  return (
    nodes.every((node) => typeAt(node.path) === node.type) &&
    places.size === nodes.length &&
    (!singleValueFormats.includes(format) || nodes.every(({ path }) => samePath(path, base)))
  )
}

/** A change that sets, or now and then removes. */
function changeOf(node: Node, index: number): Change {
  return index % 3 === 2 ? { path: node.path, removed: true } : node
}

/** What `read` gives; undefined where it refuses, which may be with a `ProtocolError` only. */
function refused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** What `write` gives; undefined where that cannot be said, which may be with a `RangeError` only. */
function unsayable<T>(write: () => T): T | undefined {
  try {
    return write()
  } catch (error) {
    if (error instanceof RangeError && !/Maximum call stack|Invalid (typed )?array/.test(error.message))
      return undefined
    throw error
  }
}

/** What was written is read as it was, and written again the same. */
function writeAndRead(format: number, nodes: readonly Node[], context: DecodeContext): void {
  const written = unsayable(() => encode(format, nodes, context))
  if (!written) return
  const read = refused(() => decode(format, written, context))
  if (!read) throw new BrokenPromise(`${format}: what was encoded is refused: ${inWords(nodes)}`)
  // a time before 1978 is written as it is and read as relative to now
  if (nodes.some(({ time }) => time !== undefined && time < relativeBelowMs)) return
  // TLV says an instance that has no id yet by leaving the instance out, and reads what lies in none as instance 0
  if (format === ContentFormat.Tlv && nodes.some(({ path }) => path.instanceId === 65_535)) return
  if (!sameNodes(nodes, read))
    throw new BrokenPromise(`${format}: ${inWords(nodes)} is read as ${inWords(read)}`)
  const again = encode(format, read, context)
  if (!sameBytes(written, again))
    throw new BrokenPromise(`${format}: the second encoding differs from the first`)
}

/** Values for people, as `/3/0/9 integer 95`. */
function inWords(nodes: readonly Node[]): string {
  const words = nodes.map(({ path, type, value, time }) => {
    const said =
      value instanceof Uint8Array ? toHex(value) : typeof value === 'object' ? formatObjlnk(value) : value
    return `${formatPath(path)} ${type} ${said}${time === undefined ? '' : ` at ${time}`}`
  })
  return words.join(', ').slice(0, 400)
}

/** The same values at the same paths; the order of a tree format may be another. */
function sameNodes(a: readonly Node[], b: readonly Node[]): boolean {
  if (a.length !== b.length) return false
  const byPath = (nodes: readonly Node[]): Node[] =>
    [...nodes].sort((x, y) => {
      const left = formatPath(x.path)
      const right = formatPath(y.path)
      return left < right ? -1 : left > right ? 1 : 0
    })
  const others = byPath(b)
  return byPath(a).every((node, i) => {
    const other = others[i]
    return samePath(node.path, other.path) && sameValue(node.value, other.value) && node.time === other.time
  })
}

/** The bodies of composite operations: paths and changes come back as they were written. */
function composite(format: number, payload: Uint8Array, context: DecodeContext): void {
  const paths = refused(() => decodePaths(format, payload, context))
  if (paths) {
    const written = unsayable(() => encodePaths(format, paths, context))
    const read = written && decodePaths(format, written, context)
    if (read && !read.every((path, i) => samePath(path, paths[i])))
      throw new BrokenPromise(`${format}: paths come back as others`)
  }
  const changes = refused(() => decodeChanges(format, payload, context))
  if (changes) {
    const written = unsayable(() => encodeChanges(format, changes, context))
    const read = written && decodeChanges(format, written, context)
    if (read && read.length !== changes.length)
      throw new BrokenPromise(`${format}: ${changes.length} changes come back as ${read.length}`)
  }
}

/** Every content format: payloads of devices, and values of callers. */
export const codec: Target = {
  name: 'codec',
  promises:
    'a payload is refused with a ProtocolError or read, and what was read is written, read and written again the same',
  sources: ['libs/protocol/codec/src'],
  make,
  run,
}
