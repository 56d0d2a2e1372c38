import { routes, routeUrl, type RouteName } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { addresses, pathOf } from './addresses.js'

describe('addresses', () => {
  it('are those of the table of routes', () => {
    const table = Object.entries(routes).map(([name, { method, path }]) => [name, { method, path }])
    expect(addresses).toEqual(Object.fromEntries(table))
  })

  it('are filled in as the table does it', () => {
    const params = { endpoint: 'urn:a/b%c:ü', id: 'x' }
    for (const name of Object.keys(addresses) as RouteName[])
      expect(pathOf(name, params)).toBe(routeUrl(name, params))
    expect(() => pathOf('getDevice')).toThrow(RangeError)
  })
})
