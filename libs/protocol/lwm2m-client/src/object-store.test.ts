import { InvariantError } from '@fieldline/bytes'
import { definitionsFor } from '@fieldline/lwm2m'
import { formatPath, parsePath } from '@fieldline/object-model'
import { describe, expect, test } from 'vitest'
import { ObjectStore } from './object-store.js'
import type { Resources } from './object-store.js'

const definitions = definitionsFor({ versions: new Map() }, '1.0')
const wrong: Readonly<Record<string, readonly [number, Resources]>> = {
  'an object without a definition': [40_000, {}],
  'a resource the object does not have': [3424, { 1: { read: () => 1 }, 99: { read: () => 1 } }],
  'a write of what is only read': [3424, { 1: { read: () => 1, write: () => undefined } }],
  'an execute of a value': [3424, { 1: { execute: () => undefined } }],
  'a read of an execute': [3424, { 1: { read: () => 1 }, 2: { read: () => 1 } }],
  'an instance without its mandatory resource': [3424, { 3: { read: () => 'jet' } }],
}

describe('the model is checked when an instance is added', () => {
  for (const [name, [object, resources]] of Object.entries(wrong)) {
    test(`${name} is an invariant broken`, () => {
      expect(() => new ObjectStore(definitions).add(object, 0, resources)).toThrow(InvariantError)
    })
  }
})

test('a resource without a value at present is left out of its instance', () => {
  const store = new ObjectStore(definitions)
  store.add(3424, 0, { 1: { read: () => 2 }, 3: { read: () => undefined } })
  expect(store.read(parsePath('/3424/0')).map(({ path }) => formatPath(path))).toEqual(['/3424/0/1'])
})

test('a partial write adds to a multiple resource, a replacing one takes its place', () => {
  const lookup = definitionsFor({ versions: new Map() }, '1.1')
  const store = new ObjectStore(lookup)
  let acl: ReadonlyMap<number, unknown> = new Map([[0, 1]])
  store.add(2, 0, {
    0: { read: () => 3 },
    1: { read: () => 0 },
    2: { read: () => acl as ReadonlyMap<number, number>, write: (value) => (acl = value as typeof acl) },
    3: { read: () => 101, write: () => undefined },
  })
  const node = { path: parsePath('/2/0/2/4'), type: 'integer', value: 7 } as const
  store.write(parsePath('/2/0'), [node], 'partial')
  expect([...acl]).toEqual([
    [0, 1],
    [4, 7],
  ])
  store.write(parsePath('/2/0/2'), [node], 'replace')
  expect([...acl]).toEqual([[4, 7]])
})
