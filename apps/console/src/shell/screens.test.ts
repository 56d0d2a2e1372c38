import { describe, expect, it } from 'vitest'
import { deviceAddress, endpointOf } from './screens'

describe('the address of a device', () => {
  it('gives every endpoint name back', () => {
    for (const name of ['urn:imei:004810018523132', 'a/b%c:ü d', 'x?y#z&"quote"', '%2e%2e%2f', '<img src=x>'])
      expect(endpointOf(new URL(deviceAddress(name), 'http://c.test').pathname)).toBe(name)
  })

  it('is read as it stands when it was typed wrongly', () => {
    expect(endpointOf('/devices/100%')).toBe('100%')
  })
})
