import { ProtocolError } from '@fieldline/bytes'
import { ContentFormat, decode, encode } from '@fieldline/codec'
import { formatPath, parsePath } from '@fieldline/object-model'
import type { ResourceValue } from '@fieldline/object-model'
import { describe, expect, test } from 'vitest'
import type { Faults } from './faults.js'
import { demoFleet } from './fleet.js'
import type { ModelId } from './identity.js'
import { models } from './models/models.js'
import { createObjects } from './objects.js'
import { divergingPaths } from './truth.js'

const now = Date.UTC(2026, 10, 2, 12)
const healthy: Faults = {
  rejectWrite: false,
  silentAfter: undefined,
  rebootEvery: undefined,
  diverge: [],
  loss: 0,
}
const fleet = demoFleet({ seed: 3, meters: 60 })

function objectsOf(model: ModelId, faults: Partial<Faults> = {}) {
  const kept = new Map<string, ResourceValue>()
  let rebooted = 0
  const store = createObjects({
    identity: fleet.find((meter) => meter.model === model)!,
    now: () => now,
    kept: (path) => kept.get(path),
    keep: (path, value) => void kept.set(path, value),
    faults: { ...healthy, ...faults },
    actions: { reboot: () => void rebooted++, update: () => undefined },
    defaultLifetime: 900,
  })
  const read = (path: string): ResourceValue => store.read(parsePath(path))[0].value
  const write = (path: string, value: number): void =>
    store.write(parsePath(path), [{ path: parsePath(path), type: 'integer', value }], 'replace')
  return { store, kept, read, write, rebooted: () => rebooted }
}

describe.each(Object.keys(models) as ModelId[])('%s', (id) => {
  test('says every instance in every structured format it speaks, and it reads back the same', () => {
    const { store } = objectsOf(id)
    for (const { objectId, instanceId } of store.announced()) {
      const base = parsePath(`/${objectId}/${instanceId}`)
      const nodes = store.read(base)
      for (const format of models[id].formats.filter((one) => one >= 110)) {
        const payload = encode(format, nodes, { base, definitions: store.definitions })
        // Reading an L7 moves its delivery pointer: what is compared is what was said.
        const back = decode(format, payload, { base, definitions: store.definitions, now })
        expect(back.map(({ path, value }) => [formatPath(path), value])).toEqual(
          nodes.map(({ path, value }) => [formatPath(path), value]),
        )
      }
    }
  })

  test('has its register where its model says', () => {
    expect(objectsOf(id).read(models[id].registerPath)).toBeGreaterThan(0)
  })

  test('reads live what its history says of the same moment', () => {
    const { read } = objectsOf(id)
    const identity = fleet.find((meter) => meter.model === id)!
    for (const { path, value } of models[id].readings(identity, now))
      expect(read(formatPath(path))).toBe(value)
  })

  test('keeps the settings that are written', () => {
    const { read, write } = objectsOf(id)
    write('/1/0/3', 7_200)
    expect(read('/1/0/3')).toBe(7_200)
  })
})

test('planted (f) accepts the interval and keeps the one it had', () => {
  const { read, write } = objectsOf('E3', { diverge: divergingPaths })
  for (const path of divergingPaths) {
    const before = read(path)
    write(path, Number(before) + 1)
    expect(read(path)).toBe(before)
  }
  write('/1/0/1', 1_200)
  expect(read('/1/0/1')).toBe(1_200)
})

test('a meter that rejects writes says so with an error code', () => {
  expect(() => objectsOf('TW1', { rejectWrite: true }).write('/1/0/3', 60)).toThrow(ProtocolError)
})

test('a gas valve closes remotely and is opened on site only', () => {
  const { store, read } = objectsOf('G4')
  expect(read('/33042/0/0')).toBe(1)
  store.execute(parsePath('/33042/0/1'), [])
  expect(read('/33042/0/0')).toBe(0)
  store.execute(parsePath('/33042/0/2'), [])
  expect(read('/33042/0/0')).toBe(2)
})

test('reading the packed intervals of an L7 moves its delivery pointer', () => {
  const { read } = objectsOf('L7')
  const packed = read('/10266/0/6029') as Uint8Array
  const view = new DataView(packed.buffer, packed.byteOffset)
  expect([view.getUint8(0), view.getUint32(7), view.getUint16(11)]).toEqual([2, 900, 96])
  expect(packed.length).toBe(15 + 96 * 2)
  expect(read('/10266/0/6005')).toBe(read('/10266/0/6006'))
  expect(read('/10266/0/6029')).toEqual(new Uint8Array(0))
})

test('a clock that is set stays set', () => {
  const { read, write } = objectsOf('TW1')
  const time = { path: parsePath('/3/0/13'), type: 'time', value: now / 1_000 - 3_600 } as const
  objectsOf('TW1').store.write(time.path, [time], 'replace')
  write('/3/0/13', now / 1_000 - 3_600)
  expect(read('/3/0/13')).toBe(now / 1_000 - 3_600)
})

test('only battery meters have a battery', () => {
  expect(() => objectsOf('E3').read('/3/0/9')).toThrow(ProtocolError)
  expect(objectsOf('TW1').read('/3/0/9')).toBeGreaterThan(20)
  expect(ContentFormat.Tlv).toBe(models.TW1.formats[0])
})
