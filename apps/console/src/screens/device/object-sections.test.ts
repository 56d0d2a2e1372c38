import type { ObjectTree, ObjectTreeResource } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { shownOf } from './object-sections'

const resource = (path: string, name: string, offered = true, value?: string): ObjectTreeResource => ({
  id: Number(path.split('/')[3]),
  path,
  name,
  operations: 'R',
  type: 'string',
  multiple: false,
  mandatory: false,
  observed: false,
  values:
    value === undefined
      ? []
      : [
          {
            path,
            type: 'string',
            value,
            time: '2026-11-22T10:00:00Z',
            receivedAt: '2026-11-22T10:00:00Z',
            source: 'read',
          },
        ],
  ...(offered ? {} : { absent: { code: 'not-offered' as const, text: 'Not offered by this device' } }),
})
const tree: ObjectTree = {
  endpoint: 'a',
  objects: [
    {
      id: 1,
      name: 'LwM2M Server',
      version: '1.1',
      known: true,
      instances: [{ id: 0, resources: [resource('/1/0/1', 'Lifetime')] }],
    },
    {
      id: 3,
      name: 'Device',
      version: '1.1',
      known: true,
      instances: [
        {
          id: 0,
          resources: [
            resource('/3/0/0', 'Manufacturer', true, 'Tarnwater'),
            resource('/3/0/5', 'Factory Reset', false),
          ],
        },
      ],
    },
  ],
}
const paths = (options: Parameters<typeof shownOf>[1]) =>
  shownOf(tree, options).sections.flatMap((section) => section.resources.map(({ path }) => path))

describe('objects shown', () => {
  it('are the Device object first, without what is not offered', () => {
    expect(shownOf(tree, { filter: '', chosen: null, all: false })).toMatchObject({ path: '/3/0', hidden: 1 })
    expect(paths({ filter: '', chosen: null, all: false })).toEqual(['/3/0/0'])
    expect(paths({ filter: '', chosen: '/1/0', all: false })).toEqual(['/1/0/1'])
  })

  it('are everything that matches by path, name or value', () => {
    expect(paths({ filter: 'life', chosen: null, all: false })).toEqual(['/1/0/1'])
    expect(paths({ filter: 'tarn', chosen: null, all: false })).toEqual(['/3/0/0'])
    expect(paths({ filter: '/3/0', chosen: null, all: true })).toEqual(['/3/0/0', '/3/0/5'])
    expect(paths({ filter: 'nothing', chosen: null, all: true })).toEqual([])
  })
})

describe('an object without a definition', () => {
  const meter = (...resources: ObjectTreeResource[]): ObjectTree => ({
    ...tree,
    objects: [
      ...tree.objects,
      {
        id: 33042,
        name: 'Object 33042',
        version: '1.0',
        known: false,
        instances: [{ id: 0, resources }],
      },
    ],
  })
  const shown = (of: ObjectTree, filter: string, chosen: string | null = null) =>
    shownOf(of, { filter, chosen, all: false }).sections.map(({ path, asWhole, resources }) => ({
      path,
      asWhole,
      rows: resources.length,
    }))

  it('is shown before anything of it was read, to be read as a whole', () => {
    const before = [{ path: '/33042/0', asWhole: true, rows: 0 }]
    expect(shown(meter(), '', '/33042/0')).toEqual(before)
    expect(shown(meter(), '33042')).toEqual(before)
    expect(shown(meter(), 'tarnwater')).toEqual([{ path: '/3/0', asWhole: false, rows: 1 }])
  })

  it('has its resources by number after the read, and can be read again', () => {
    const read = meter(resource('/33042/0/7', 'Resource 7', true, 'a1'))
    expect(shown(read, '', '/33042/0')).toEqual([{ path: '/33042/0', asWhole: true, rows: 1 }])
    expect(shown(read, 'tarnwater')).toEqual([{ path: '/3/0', asWhole: false, rows: 1 }])
  })

  it('is not alone: an instance of which nothing was read yet can be read as a whole', () => {
    expect(shown(meter(), '', '/1/0')).toEqual([{ path: '/1/0', asWhole: true, rows: 1 }])
    const actions = { ...resource('/1/0/8', 'Registration Update Trigger'), operations: 'E' as const }
    const only: ObjectTree = {
      ...tree,
      objects: tree.objects.map((object) => ({ ...object, instances: [{ id: 0, resources: [actions] }] })),
    }
    expect(shown(only, '', '/1/0')).toEqual([{ path: '/1/0', asWhole: false, rows: 1 }])
  })
})
