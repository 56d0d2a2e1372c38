import { ProtocolError } from '@fieldline/bytes'
import { formatLinks, parseLinks } from '@fieldline/codec'
import {
  checkExecuteArguments,
  executeRequest,
  formatAttributes,
  formatObjectLinks,
  parseAttributes,
  parseExecuteArguments,
  parseLwM2mVersion,
  parseObjectLinks,
  parseRegister,
  parseUpdate,
  registerRequest,
  updateRequest,
} from '@fieldline/lwm2m'
import {
  comparePaths,
  formatPath,
  isWithin,
  joinPath,
  parentPath,
  parsePath,
  pathIds,
  pathLevel,
  pathOf,
  resourcePath,
  samePath,
} from '@fieldline/object-model'
import { join } from '../bytes.js'
import type { Chance } from '../chance.js'
import { corpusLines } from '../corpus.js'
import { mutate } from '../mutate.js'
import { BrokenPromise } from '../target.js'
import type { Target } from '../target.js'

const text = new TextDecoder()
const noBytes = new Uint8Array(0)
const someLinks = join('</>;rt="oma.lwm2m";ct=112,</1/0>,</3>;ver=1.1,</3/0>')

/** Refusals that these readers may give: 4.xx for a device's fault, `RangeError` for a caller's. */
function refused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    if (error instanceof RangeError && !/Maximum call stack|Invalid (typed )?array/.test(error.message))
      return undefined
    throw error
  }
}

function expectSame(what: string, first: unknown, second: unknown): void {
  const plain = (value: unknown): string =>
    JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Map ? [...inner] : inner))
  if (plain(first) !== plain(second))
    throw new BrokenPromise(
      `${what}: ${plain(first).slice(0, 200)} comes back as ${plain(second).slice(0, 200)}`,
    )
}

const readers: Readonly<Record<string, (bytes: Uint8Array) => void>> = {
  links(bytes) {
    const links = refused(() => parseLinks(bytes))
    if (links) expectSame('links', links, parseLinks(formatLinks(links)))
    const objects = refused(() => parseObjectLinks(bytes))
    if (!objects) return
    const again = parseObjectLinks(join(formatObjectLinks(objects)))
    const { instances, versions, alternatePath } = objects
    const kept = (found: typeof objects): unknown => [
      found.alternatePath,
      new Set(found.instances.map(({ objectId, instanceId }) => `${objectId}/${instanceId}`)).size,
    ]
    // a version is written at an announced object only
    if (instances.length > 0) expectSame('object links', kept(objects), kept(again))
    if (versions.size === 0 && again.versions.size > 0) throw new BrokenPromise('a version out of nowhere')
    if (alternatePath !== undefined && !alternatePath.startsWith('/'))
      throw new BrokenPromise(`alternate path ${alternatePath}`)
  },
  register(bytes) {
    const query = text.decode(bytes).split(' ')
    refused(() => parseRegister(query, bytes))
    refused(() => parseRegister(query, noBytes))
    const register = refused(() => parseRegister(query, someLinks, { identity: 'known' }))
    if (!register) return
    if (register.endpoint === '' || !Number.isSafeInteger(register.lifetime))
      throw new BrokenPromise(`endpoint "${register.endpoint}", lifetime ${register.lifetime}`)
    const { uriQuery, payload } = registerRequest({ ...register, objects: register.objectLinks })
    const { oddVersion: _written, objectLinks: _links, ...kept } = register
    const { objectLinks: _again, ...again } = parseRegister(uriQuery, payload)
    expectSame('register', sorted(kept), sorted(again))
  },
  update(bytes) {
    const query = text.decode(bytes).split(' ')
    for (const version of ['1.0', '1.1', '1.2'] as const) {
      const update = refused(() => parseUpdate(query, someLinks, version))
      if (!update) continue
      const { objectLinks, ...kept } = update
      const { uriQuery, payload } = updateRequest(['rd', 'x'], { ...kept, objects: objectLinks }, version)
      const { objectLinks: _again, ...again } = parseUpdate(uriQuery, payload, version)
      // Queue Mode without a binding cannot be said alone
      if (kept.binding !== undefined) expectSame('update', sorted(kept), sorted(again))
    }
    refused(() => parseUpdate([], bytes))
  },
  attributes(bytes) {
    const attributes = refused(() => parseAttributes(text.decode(bytes).split(' ')))
    if (!attributes) return
    const written = formatAttributes(attributes)
    // what is smaller than 1e-20 is written as nothing
    if (Object.values(attributes).every((value) => value === null || value === 0 || Math.abs(value) > 1e-6))
      expectSame('attributes', sorted(attributes), sorted(parseAttributes(written)))
  },
  execute(bytes) {
    const args = refused(() => parseExecuteArguments(bytes))
    const fits = checkExecuteArguments(text.decode(bytes)) === undefined
    if (fits && !args) throw new BrokenPromise('arguments that may be written cannot be read')
    if (args && new Set(args.map(({ digit }) => digit)).size !== args.length)
      throw new BrokenPromise('one digit twice')
    const request = refused(() => executeRequest(pathOf(3, 0, 4), text.decode(bytes)))
    if (fits !== (request !== undefined)) throw new BrokenPromise('checked and requested differ')
    refused(() => executeRequest(pathOf(3, 0), ''))
  },
  path(bytes) {
    const path = refused(() => parsePath(text.decode(bytes)))
    if (!path) return
    expectSame('path', path, parsePath(formatPath(path)))
    expectSame('ids', path, pathOf(...pathIds(path)))
    const below = refused(() => joinPath(path, bytes.length))
    const inside = below && isWithin(below, path) && comparePaths(path, below) < 0
    if (below && !(inside && samePath(parentPath(below), path)))
      throw new BrokenPromise('a path below is not')
    if (pathLevel(path) < 4 !== (below !== undefined)) throw new BrokenPromise('a path of five ids')
    refused(() => resourcePath(path))
    refused(() => pathOf(...[...bytes].map((byte) => byte - 1)))
  },
  words(bytes) {
    refused(() => parseLwM2mVersion(text.decode(bytes)))
    // what a caller may want written as a link: odd characters in a target, a name or a value
    const [target = '', name = '', value = ''] = text.decode(bytes).split(' ')
    const written = refused(() => formatLinks([{ target, attributes: [[name, value]] }]))
    if (written === undefined) return
    const [link] = parseLinks(written)
    if (link.target !== target || link.attributes.get(name) !== value)
      throw new BrokenPromise(`${written} does not say what was written`)
  },
}
const names = Object.keys(readers)

function sorted(values: object): unknown {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
}

const seeds = corpusLines('links', '.txt').map(({ text: line }) => {
  const [reader, ...rest] = line.split(' ')
  return join(names.indexOf(reader), rest.join(' '))
})
const tokens = ['<', '>', ';', ',', '=', '"', '\\', '</', '</3/0>', ';ver=1.1', ';rt="oma.lwm2m"', ';ct="110 112"', ' ', '%', '&', 'pmin=', 'lt=', "'", '1e9', '-0', '/65535', '\u0000', 'é'].map((token) => join(token)) // prettier-ignore

function make(chance: Chance): Uint8Array {
  if (chance.once(4)) {
    return join(chance.int(names.length), ...chance.some(0, 12, () => chance.pick(tokens)))
  }
  const seed = chance.pick(seeds)
  const reader = chance.once(20) ? chance.int(names.length) : seed[0]
  return join(reader, mutate(seed.subarray(1), chance, chance.once(2) ? tokens : seeds))
}

/** Link lists, queries and the other small texts of LwM2M. */
export const links: Target = {
  name: 'links',
  promises:
    'a link list, query, argument list or path is refused in words or read, and comes back as it was read',
  sources: [
    'libs/protocol/codec/src/link',
    'libs/protocol/lwm2m/src/attributes.ts',
    'libs/protocol/lwm2m/src/binding.ts',
    'libs/protocol/lwm2m/src/execute.ts',
    'libs/protocol/lwm2m/src/object-links.ts',
    'libs/protocol/lwm2m/src/query.ts',
    'libs/protocol/lwm2m/src/register.ts',
    'libs/protocol/lwm2m/src/update.ts',
    'libs/protocol/lwm2m/src/versions.ts',
    'libs/protocol/object-model/src/path.ts',
  ],
  make,
  run(input) {
    readers[names[input[0] % names.length] ?? 'links'](input.subarray(1))
  },
}
