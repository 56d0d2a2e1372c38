import { describe, expect, it } from 'vitest'
import { consoleOrigins } from './configuration.js'

describe('the origins of the console', () => {
  it('are both names of this machine, and nothing beside the one of any other', () => {
    expect(consoleOrigins({ consoleUrl: 'http://127.0.0.1:3000' })).toEqual([
      'http://localhost:3000',
      'http://127.0.0.1:3000',
    ])
    expect(consoleOrigins({ consoleUrl: 'https://fleet.example' })).toEqual(['https://fleet.example'])
  })
})
