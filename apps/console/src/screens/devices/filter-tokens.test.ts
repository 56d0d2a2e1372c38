import { describe, expect, it } from 'vitest'
import {
  isUnfinished,
  quoted,
  suggestionsFor,
  tokenFor,
  tokensOf,
  toggleToken,
  withoutToken,
} from './filter-tokens'

const facets = {
  byVendor: [
    { key: 'Tarnwater', count: 40 },
    { key: '<img src=x onerror=alert(1)>', count: 1 },
  ],
  byModel: [],
  byFirmware: [{ key: '2.4.0', count: 12 }],
  byPresence: [{ key: 'late', count: 3 }],
}

describe('filter tokens', () => {
  it('are split at spaces outside of quotes', () => {
    expect(tokensOf('vendor:Tarnwater  group:"North DMA" -status:late')).toEqual([
      'vendor:Tarnwater',
      'group:"North DMA"',
      '-status:late',
    ])
    expect(tokensOf('"a \\" b" c')).toEqual(['"a \\" b"', 'c'])
    expect(tokensOf('group:"open end')).toEqual(['group:"open end'])
  })

  it('are quoted when a value could be read as something else', () => {
    expect(tokenFor('vendor', 'Tarnwater')).toBe('vendor:Tarnwater')
    expect(tokenFor('vendor', '<img src=x onerror=alert(1)>')).toBe('vendor:"<img src=x onerror=alert(1)>"')
    expect(tokenFor('fw', '!beta')).toBe('fw:"!beta"')
    expect(tokenFor('group', 'a"b')).toBe('group:"a\\"b"')
    expect(quoted('urn:x')).toBe('"urn:x"')
  })

  it('are added, replaced by one of the same key and taken away by a second click', () => {
    expect(toggleToken('WM-00', 'vendor:Lyngvik')).toBe('WM-00 vendor:Lyngvik')
    expect(toggleToken('WM-00 vendor:Lyngvik', 'vendor:Tarnwater')).toBe('WM-00 vendor:Tarnwater')
    expect(toggleToken('WM-00 vendor:Tarnwater', 'vendor:Tarnwater')).toBe('WM-00')
    expect(withoutToken('a "b c" d', '"b c"')).toBe('a d')
  })
})

describe('an unfinished filter', () => {
  it('ends in a key, a comma or a comparison without a value', () => {
    for (const q of ['fw:', 'a fw:<', 'a -fw:>=', 'vendor:a,', '-', 'a -']) expect(isUnfinished(q)).toBe(true)
    for (const q of ['', 'urn:x', 'fw:<2', 'vendor:a,b', 'a-']) expect(isUnfinished(q)).toBe(false)
  })
})

describe('suggestions', () => {
  const labels = (q: string, caret = q.length) => suggestionsFor(q, caret, facets).map(({ label }) => label)

  it('name the keys while none is written', () => {
    expect(labels('')).toContain('status:')
    expect(labels('vendor:Tarnwater f')).toEqual(['fw:'])
    expect(labels('-st')).toEqual(['-status:'])
  })

  it('name values with their counts after the colon', () => {
    expect(suggestionsFor('fw:', 3, facets)).toEqual([
      { label: '2.4.0', hint: '12', text: 'fw:2.4.0 ', caret: 9 },
    ])
    expect(labels('status:la')).toEqual(['late'])
  })

  it('replace only the token at the caret', () => {
    const [first] = suggestionsFor('ven status:late', 3, facets)
    expect(first).toMatchObject({ text: 'vendor: status:late', caret: 7 })
  })

  it('offer nothing for a value that is complete', () => {
    expect(labels('status:late')).toEqual([])
  })
})
