import { describe, expect, it } from 'vitest'
import { storable, storableText } from './storable.js'

describe('what PostgreSQL keeps', () => {
  const cases: Record<string, { value: unknown; json: string | null }> = {
    'ordinary values as they are': { value: { a: ['ø', 1, null, '😀'] }, json: '{"a":["ø",1,null,"😀"]}' },
    'nothing for undefined': { value: undefined, json: null },
    'no NUL': { value: { a: ['x\0y'] }, json: '{"a":["x\ufffdy"]}' },
    'no half pairs, in names neither': { value: { 'n\ud800': '\udc00x' }, json: '{"n\ufffd":"\ufffdx"}' },
    'text that only looks like an escape': { value: '\\u0000', json: '"\\\\u0000"' },
  }
  for (const [name, { value, json }] of Object.entries(cases))
    it(name, () => expect(storable(value)).toBe(json))

  it('as text', () => expect(storableText('a\0b\ud83d')).toBe('a\ufffdb\ufffd'))
})
