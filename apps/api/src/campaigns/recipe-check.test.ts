import { CampaignRecipe } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { validateRecipe } from './recipe-check.js'

const now = Date.UTC(2030, 0, 1)
function check(change: Record<string, unknown>): void {
  const recipe = { name: 'n', kind: 'config', audience: 'model:E3', write: [{ path: '/1/0/3', value: 60 }] }
  validateRecipe(CampaignRecipe.parse({ ...recipe, ...change }), now)
}

describe('a recipe', () => {
  it('that writes an interval is accepted', () => {
    expect(() => check({})).not.toThrow()
  })
  it.each([
    ['read-only', 'write.0.path', { write: [{ path: '/3/0/9', value: 1 }] }],
    [
      'wrong-type',
      'write.1.value',
      {
        write: [
          { path: '/1/0/2', value: 1 },
          { path: '/1/0/3', value: 'x' },
        ],
      },
    ],
    ['hazard-refused', 'write.0.path', { write: [{ path: '/1/0/1', value: 60 }] }],
    ['unsupported', 'write.0.path', { write: [{ path: '/65000/0/1', value: 60 }] }],
    ['invalid-request', 'audience', { audience: 'battery:full' }],
    ['invalid-request', 'expiresAt', { expiresAt: '2029-12-31T00:00:00Z' }],
  ])('is refused as %s, naming %s', (code, field, change) => {
    expect(() => check(change)).toThrow(expect.objectContaining({ code, field }))
  })
})
