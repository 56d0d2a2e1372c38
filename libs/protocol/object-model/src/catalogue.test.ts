import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  allObjectIds,
  definitionsOf,
  firstDefinition,
  impliedVersion,
  objectDefinition,
  objectVersions,
  registryDefinitions,
} from './index.js'

const everyVersion = allObjectIds().flatMap((id) =>
  objectVersions(id).map((version) => objectDefinition(id, version)!),
)

describe('the built-in registry', () => {
  it('holds 424 versions of 327 objects with 4,506 resources', () => {
    expect(allObjectIds()).toHaveLength(327)
    expect(everyVersion).toHaveLength(424)
    expect(everyVersion.reduce((sum, definition) => sum + definition.resources.size, 0)).toBe(4506)
  })

  it('counts types and operations as the registry does', () => {
    const resources = everyVersion.flatMap((definition) => [...definition.resources.values()])
    const count = (pick: (r: (typeof resources)[number]) => boolean): number => resources.filter(pick).length
    expect(['R', 'RW', 'E', '', 'W'].map((operations) => count((r) => r.operations === operations))).toEqual([
      2692, 1317, 344, 94, 59,
    ])
    const types = [
      'integer',
      'float',
      'string',
      'boolean',
      'none',
      'time',
      'unsigned',
      'opaque',
      'objlnk',
      'corelnk',
    ]
    expect(types.map((type) => count((r) => r.type === type))).toEqual([
      1280, 1126, 791, 382, 344, 197, 147, 139, 78, 22,
    ])
    expect(count((r) => r.units !== '')).toBe(1054)
  })

  it('keeps what is irregular', () => {
    expect(objectDefinition(10260, '1.0')!.resources.get(3)).toMatchObject({
      operations: 'E',
      type: 'string',
    })
    expect(objectDefinition(10482, '1.0')!.resources.get(5)).toMatchObject({ operations: 'R', type: 'none' })
    expect(objectDefinition(15, '1.0')!.resources.get(6)).toMatchObject({ operations: 'E', multiple: true })
    expect(objectDefinition(21, '1.0')!.resources.get(0)!.type).toBe('string')
    expect(objectDefinition(21, '2.0')!.resources.get(0)!.type).toBe('opaque')
    expect(objectDefinition(10254)!.urn).toBe('urn:oma:lwm2m:x:10254:1.0')
    expect(objectDefinition(3, '1.2')!.urn).toBe('urn:oma:lwm2m:oma:3:1.2')
    expect(objectDefinition(3424)!.urn).toBe('urn:oma:lwm2m:ext:3424:1.1')
    expect([...objectDefinition(3305, '1.1')!.resources.keys()].slice(-5)).toEqual([
      5750, 5518, 6050, 6042, 6049,
    ])
  })

  it('chooses the version asked for, else the nearest of the same major, else the newest', () => {
    expect(objectVersions(4)).toEqual(['1.0', '1.1', '1.2', '1.3'])
    expect(objectDefinition(3, '1.0')!.version).toBe('1.0')
    expect(objectDefinition(3, '1.9')!.version).toBe('1.2')
    expect(objectDefinition(21, '1.7')!.version).toBe('1.1')
    expect(objectDefinition(3, '7.0')!.version).toBe('1.2')
    expect(objectDefinition(3, 'nonsense')!.version).toBe('1.2')
    expect(objectDefinition(4)!.version).toBe('1.3')
    expect(objectDefinition(45_000)).toBeUndefined()
    expect(objectVersions(45_000)).toEqual([])
    expect(objectDefinition(3)).toBe(objectDefinition(3, '1.2'))
  })

  it('knows the versions a release implies', () => {
    expect([
      impliedVersion(3, '1.0'),
      impliedVersion(3, '1.1'),
      impliedVersion(4, '1.2'),
      impliedVersion(3424, '1.2'),
    ]).toEqual(['1.0', '1.1', '1.3', '1.0'])
  })

  it('is what the generator makes of its input', () => {
    const generator = fileURLToPath(new URL('../../../../tools/registry/generate.mjs', import.meta.url))
    expect(() => execFileSync(process.execPath, [generator, '--check'], { stdio: 'pipe' })).not.toThrow()
  })

  it('gives way to a vendor definition put before it', () => {
    const own = { ...objectDefinition(3)!, name: 'Our device' }
    const lookup = firstDefinition(definitionsOf([own]), registryDefinitions)
    expect(lookup(3)!.name).toBe('Our device')
    expect(lookup(4)!.name).toBe('Connectivity Monitoring')
    expect(lookup(45_000)).toBeUndefined()
  })
})
