import { describe, expect, it } from 'vitest'
import { hazardOf } from './index.js'
import type { Hazard, HazardOperation, ObjectDefinition } from './index.js'

const table: [string, number, number | undefined, HazardOperation, Hazard | undefined][] = [
  ['clearing the water register', 3424, 2, 'execute', 'register-reset'],
  ['clearing the water pulse count', 3424, 5, 'execute', 'register-reset'],
  ['clearing the gas register', 3423, 2, 'execute', 'register-reset'],
  ['clearing the gas pulse count', 3423, 5, 'execute', 'register-reset'],
  ['clearing the energy register', 3305, 5822, 'execute', 'register-reset'],
  ['clearing min and max', 3305, 5605, 'execute', undefined],
  ['resetting a test object', 3441, 0, 'execute', undefined],
  ['moving a valve', 3425, 3, 'write', 'supply'],
  ['switching a load', 3312, 5850, 'write', 'supply'],
  ['reading a switch', 3312, 5850, 'read', undefined],
  ['changing the lifetime', 1, 1, 'write', 'connectivity'],
  ['changing the binding', 1, 7, 'write', 'connectivity'],
  ['disabling the server', 1, 4, 'execute', 'connectivity'],
  ['triggering a bootstrap', 1, 9, 'execute', 'connectivity'],
  ['triggering an Update', 1, 8, 'execute', undefined],
  ['changing the default pmin', 1, 2, 'write', undefined],
  ['writing a whole server account', 1, undefined, 'write', 'connectivity'],
  ['deleting a server account', 1, undefined, 'delete', 'connectivity'],
  ['changing PSM', 10, 4, 'write', 'connectivity'],
  ['changing the APN', 11, 1, 'write', 'connectivity'],
  ['changing the bearer', 13, 0, 'write', 'connectivity'],
  ['reading PSM', 10, 4, 'read', undefined],
  ['rebooting', 3, 4, 'execute', 'reboot'],
  ['a factory reset', 3, 5, 'execute', 'connectivity'],
  ['resetting the error code', 3, 12, 'execute', undefined],
  ['installing firmware', 5, 2, 'execute', 'reboot'],
  ['letting firmware install itself', 5, 14, 'write', 'reboot'],
  ['writing a firmware URI', 5, 1, 'write', undefined],
  ['installing software', 9, 4, 'execute', 'reboot'],
  ['changing a SIM profile', 505, 5, 'execute', 'connectivity'],
  ['changing APN retries', 10308, 4, 'write', 'connectivity'],
  ['switching a capability off', 15, 6, 'execute', 'connectivity'],
  ['switching a gateway application off', 10482, 1, 'execute', 'connectivity'],
  ['reading an interval payload', 10266, 6029, 'read', 'read-moves-pointer'],
  ['reading an alarm payload', 10272, 6025, 'read', 'read-moves-pointer'],
  ['reading an instance that holds a payload', 10266, undefined, 'read', 'read-moves-pointer'],
  ['reading an interval period', 10266, 6000, 'read', undefined],
  ['a radio relay station is no electric relay', 10245, 9, 'write', undefined],
  ['an unknown object', 40_000, 1, 'execute', undefined],
]

describe('hazards', () => {
  it.each(table)('%s', (_what, objectId, resourceId, operation, expected) => {
    expect(hazardOf(objectId, resourceId, operation)).toBe(expected)
  })

  it('are seen in the names of a vendor object', () => {
    const vendor = (name: string, resource: string, operations: 'RW' | 'E' | 'R'): ObjectDefinition => ({
      id: 33_000,
      name,
      version: '1.0',
      lwm2mVersion: '1.0',
      urn: 'urn:oma:lwm2m:x:33000',
      multiple: false,
      mandatory: false,
      resources: new Map([
        [
          1,
          {
            id: 1,
            name: resource,
            operations,
            multiple: false,
            mandatory: false,
            type: 'integer',
            range: '',
            units: '',
          },
        ],
      ]),
    })
    expect(hazardOf(33_000, 1, 'execute', vendor('Gas valve', 'Close', 'E'))).toBe('supply')
    expect(hazardOf(33_000, undefined, 'write', vendor('Gas valve', 'Target', 'RW'))).toBe('supply')
    expect(hazardOf(33_000, 1, 'read', vendor('Gas valve', 'State', 'R'))).toBeUndefined()
    expect(hazardOf(33_000, 1, 'execute', vendor('Meter', 'Total volume reset', 'E'))).toBe('register-reset')
    expect(hazardOf(33_000, 1, 'execute', vendor('Meter', 'Restart', 'E'))).toBe('reboot')
    expect(hazardOf(33_000, 1, 'write', vendor('Meter', 'Report interval', 'RW'))).toBeUndefined()
  })
})
