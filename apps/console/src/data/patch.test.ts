import type { Device, ObjectTree, Operation, Value } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { lacksRow, patchDevice, patchOperation, patchTree, type Pages } from './patch'

const device = (endpoint: string, presence: Device['presence']) => ({ endpoint, presence }) as Device
const pages = <T>(...all: T[][]): Pages<T> => ({
  pages: all.map((items) => ({ items, nextCursor: null })),
  pageParams: [],
})
const value = (path: string, number: number, time: string): Value => ({
  path,
  type: 'integer',
  value: number,
  time,
  receivedAt: time,
  source: 'notify',
})
const tree = (values: Value[]): ObjectTree => ({
  endpoint: 'a',
  objects: [
    {
      id: 3,
      name: 'Device',
      version: '1.1',
      known: true,
      instances: [
        {
          id: 0,
          resources: [
            {
              id: 9,
              path: '/3/0/9',
              name: 'Battery Level',
              operations: 'R',
              type: 'integer',
              multiple: false,
              mandatory: false,
              observed: true,
              values,
              absent: { code: 'not-read-yet', text: 'Not read yet' },
            },
          ],
        },
      ],
    },
  ],
})
const battery = (patched: ObjectTree) => patched.objects[0]?.instances[0]?.resources[0]

describe('live patches', () => {
  it('replace a device where it stands', () => {
    const before = pages([device('a', 'awake'), device('b', 'awake')], [device('c', 'awake')])
    const after = patchDevice(before, device('b', 'late'))
    expect(after.pages.flatMap((page) => page.items.map((item) => item.presence))).toEqual([
      'awake',
      'late',
      'awake',
    ])
    expect(after.pages[1]).toBe(before.pages[1])
  })

  it('leave a list alone that does not show the device', () => {
    const before = pages([device('a', 'awake')])
    expect(patchDevice(before, device('z', 'late'))).toBe(before)
  })

  it('put a new operation first and replace a known one', () => {
    const operation = (id: string, state: Operation['state']) => ({ id, state }) as Operation
    const added = patchOperation(pages([operation('1', 'sent')]), operation('2', 'queued'))
    expect(added.pages[0]?.items.map((item) => item.id)).toEqual(['2', '1'])
    const replaced = patchOperation(added, operation('1', 'succeeded'))
    expect(replaced.pages[0]?.items.map((item) => item.state)).toEqual(['queued', 'succeeded'])
  })

  it('put a value in place and take the reason for its absence away', () => {
    const patched = battery(patchTree(tree([]), [value('/3/0/9', 71, '2026-11-22T10:00:00Z')]))
    expect(patched?.values[0]?.value).toBe(71)
    expect(patched?.absent).toBeUndefined()
  })

  it('do not cover a newer value with one that came late', () => {
    const before = tree([value('/3/0/9', 71, '2026-11-22T10:00:00Z')])
    expect(battery(patchTree(before, [value('/3/0/9', 80, '2026-11-22T09:00:00Z')]))?.values[0]?.value).toBe(
      71,
    )
    expect(battery(patchTree(before, [value('/3/0/90', 1, '2026-11-22T11:00:00Z')]))?.values[0]?.value).toBe(
      71,
    )
  })

  it('know a value that has no row yet, as of an object read by number', () => {
    const at = '2026-11-22T10:00:00Z'
    expect(lacksRow(tree([]), [value('/3/0/9', 80, at), value('/3/0/9/1', 80, at)])).toBe(false)
    expect(lacksRow(tree([]), [value('/3/0/9', 80, at), value('/33042/0/1', 7, at)])).toBe(true)
    expect(lacksRow(tree([]), [value('/3/0/90', 80, at)])).toBe(true)
  })
})
