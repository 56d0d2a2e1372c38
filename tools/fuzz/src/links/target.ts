import { ProtocolError } from '@fieldline/bytes'
import { formatLinks, parseLinks } from '@fieldline/codec'
import {
  checkExecuteArguments,
  formatAttributes,
  formatObjectLinks,
  parseAttributes,
  parseExecuteArguments,
  parseLwM2mVersion,
  parseObjectLinks,
  parseRegister,
  parseUpdate,
} from '@fieldline/lwm2m'
import { formatPath, parsePath } from '@fieldline/object-model'
import { join } from '../bytes.js'
import type { Chance } from '../chance.js'
import { corpusLines } from '../corpus.js'
import { mutate } from '../mutate.js'
import { BrokenPromise } from '../target.js'
import type { Target } from '../target.js'

const text = new TextDecoder()
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
    const register = refused(() => parseRegister(query, someLinks, { identity: 'known' }))
    if (register && (register.endpoint === '' || !Number.isSafeInteger(register.lifetime)))
      throw new BrokenPromise(`endpoint "${register.endpoint}", lifetime ${register.lifetime}`)
    refused(() => parseRegister(query, bytes))
  },
  update(bytes) {
    const query = text.decode(bytes).split(' ')
    for (const version of ['1.0', '1.1', '1.2'] as const)
      refused(() => parseUpdate(query, someLinks, version))
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
  },
  path(bytes) {
    const path = refused(() => parsePath(text.decode(bytes)))
    if (path) expectSame('path', path, parsePath(formatPath(path)))
  },
  version(bytes) {
    refused(() => parseLwM2mVersion(text.decode(bytes)))
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
