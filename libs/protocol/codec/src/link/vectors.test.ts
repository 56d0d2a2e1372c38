import { ProtocolError } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { ContentFormat, formatLinks, parseLinks } from '../index.js'
import type { Link } from '../index.js'
import { vectors } from '../vectors/vector.test-support.js'

/** What a vector says about a list; attributes of a path are under the path itself. */
interface Said {
  readonly objects?: readonly string[]
  readonly altPath?: string
  readonly lwm2m?: string
  readonly root?: Readonly<Record<string, unknown>>
  readonly versions?: Readonly<Record<string, string>>
  readonly security?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** An attribute's value as the vectors write it. */
function plain(name: string, value: string | true): unknown {
  if (name === 'ct') return String(value).split(' ').map(Number)
  return value !== true && /^-?[0-9.]+$/.test(value) ? Number(value) : value
}
const attributesOf = (link: Link | undefined): Record<string, unknown> =>
  Object.fromEntries([...(link?.attributes ?? [])].map(([name, value]) => [name, plain(name, value)]))

const lists = vectors.filter(({ format, id }) => format === ContentFormat.Link && !id.startsWith('own-'))

describe.each(lists.map((vector) => [vector.id, vector] as const))('%s', (_id, vector) => {
  if (!vector.valid) {
    it('is refused', () => {
      expect(() => parseLinks(vector.payload)).toThrow(ProtocolError)
    })
    return
  }
  const said = vector.decoded as Said

  it('is read', () => {
    const links = parseLinks(vector.payload)
    const targets = new Map(links.map((link) => [link.target.replace(/(?<=.)\/$/, ''), link]))
    const root = said.altPath ?? '/'
    if (said.objects) {
      const below = [...targets.keys()].filter((target) => target !== root)
      expect(below.map((target) => (said.altPath ? target.slice(said.altPath.length) : target))).toEqual(
        said.objects,
      )
    }
    if (said.altPath) expect(targets.get(said.altPath)?.attributes.get('rt')).toBe('oma.lwm2m')
    if (said.lwm2m) expect(targets.get('/')?.attributes.get('lwm2m')).toBe(said.lwm2m)
    if (said.root) expect(attributesOf(targets.get('/'))).toEqual(said.root)
    if (said.versions) {
      const stated = links.filter(({ attributes }) => attributes.has('ver'))
      expect(
        Object.fromEntries(stated.map((link) => [link.target.split('/')[1], link.attributes.get('ver')])),
      ).toEqual(said.versions)
    }
    for (const [id, attributes] of Object.entries(said.security ?? {}))
      expect(attributesOf(targets.get(`/0/${id}`))).toEqual(attributes)
    for (const [path, attributes] of Object.entries(said).filter(([key]) => key.startsWith('/')))
      expect(attributesOf(targets.get(path))).toEqual(attributes)
  })

  it('survives being written and read again', () => {
    const links = parseLinks(vector.payload)
    expect(parseLinks(formatLinks(links))).toEqual(links)
    if (vector.canonical) expect(formatLinks(links)).toBe(new TextDecoder().decode(vector.payload))
  })

  it('is valid or refused, never more, when cut at any byte', () => {
    for (let cut = 0; cut < vector.payload.length; cut++) {
      try {
        parseLinks(vector.payload.subarray(0, cut))
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }
  })
})
