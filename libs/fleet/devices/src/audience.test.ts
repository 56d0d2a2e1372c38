import { DomainError, openApiDocument } from '@fieldline/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  audienceKeys,
  audienceStatuses,
  compareVersions,
  formatAudience,
  matches,
  parseAudience,
  versionKey,
  type DeviceFacts,
} from './index.js'

const device: DeviceFacts = {
  endpoint: 'urn:imei:490154203237518',
  vendor: 'Tarnwater',
  model: 'TW1',
  firmware: '2.4.0',
  cell: '26201-1F3A',
  groups: ['North DMA', 'pilot'],
  batteryPercent: 12,
  registration: 'registered',
  health: 'attention',
  queueMode: true,
  awakeUntil: 100,
  lateAt: 1_000,
  silentAt: 3_000,
}
const select = (text: string, change: Partial<DeviceFacts> = {}, now = 500) =>
  matches(parseAudience(text), { ...device, ...change }, now)

function refusal(text: string): string {
  try {
    parseAudience(text)
  } catch (error) {
    if (error instanceof DomainError) return `${error.code} ${error.field}: ${error.detail}`
    throw error
  }
  return 'accepted'
}

describe('a filter', () => {
  const selecting: Record<string, boolean> = {
    '': true,
    '  ': true,
    'urn:imei:4901': true,
    'urn:imei:4902': false,
    'endpoint:urn:imei:490154203237518': true,
    'endpoint:urn:imei:49015420323751': false,
    'endpoint:urn:imei:*': true,
    'endpoint:*': true,
    '"urn:imei:4"': true,
    '-urn:imei': false,
    'vendor:tarnwater': true,
    'vendor:Tarn': false,
    'vendor:Tarn*': true,
    'vendor:Kelda,Tarnwater': true,
    '-vendor:Kelda,Tarnwater': false,
    '-vendor:Kelda': true,
    'model:TW1 fw:2.4.0': true,
    'model:TW1 fw:2.4': false,
    'fw:<2.4.1': true,
    'fw:<=2.4.0': true,
    'fw:<2.4.0': false,
    'fw:>=2.10': false,
    'firmware:<2.10': true,
    'battery:<15': true,
    'battery:>=12': true,
    'battery:12%': true,
    '-battery:<15': false,
    'group:"North DMA"': true,
    'group:north': false,
    'cell:26201-1F3A': true,
    'status:sleeping': true,
    'status:late': false,
    'status:attention,failing': true,
    'status:registered -status:silent': true,
  }
  for (const [text, expected] of Object.entries(selecting))
    it(`"${text}" ${expected ? 'selects' : 'leaves out'} the meter`, () =>
      expect(select(text)).toBe(expected))

  it('follows presence through time', () => {
    expect(select('status:awake', {}, 50)).toBe(true)
    expect(select('status:late', {}, 1_000)).toBe(true)
    expect(select('status:silent', {}, 3_000)).toBe(true)
    expect(select('status:late', {}, 3_000)).toBe(false)
  })
  it('does not select by a fact that is not known, and its negation does', () => {
    const unknown = { vendor: undefined, firmware: undefined, batteryPercent: undefined, cell: undefined }
    for (const token of ['vendor:Tarnwater', 'fw:<9', 'fw:2*', 'battery:<100', 'cell:*']) {
      expect(select(token, unknown), token).toBe(false)
      expect(select(`-${token}`, unknown), token).toBe(true)
    }
  })
  it('says in words what is wrong and where', () => {
    expect(refusal('vendr:Tarnwater')).toMatch(
      /invalid-request q: Filter, character 1: .*did you mean "vendor:"/,
    )
    expect(refusal('model:TW1 -site:X')).toMatch(/character 12: "site:" is not known/)
    expect(refusal('status:offline')).toMatch(/character 8: "offline" is not a status; it may be registered/)
    expect(refusal('battery:low')).toMatch(/character 9: .*number of percent/)
    expect(refusal('vendor:<X')).toMatch(/character 8: "vendor:" cannot be compared/)
    expect(refusal('group:"North')).toMatch(/character 7: the quotation mark is not closed/)
    expect(refusal('vendor:')).toMatch(/needs a value/)
    expect(refusal('vendor:a,,b')).toMatch(/needs a value/)
    expect(refusal('fw:<1,2')).toMatch(/takes one value/)
    expect(refusal('-')).toMatch(/must be followed/)
    expect(refusal('group:"a"b')).toMatch(/a space must separate/)
    expect(refusal('x'.repeat(2_001))).toMatch(/at most 2000/)
  })
  it('takes no mistyped key or sign for a name that nobody has', () => {
    expect(refusal('bogus:1')).toMatch(
      /character 1: "bogus:" is not known; the keys are endpoint, .* is quoted: "bogus:…"/,
    )
    expect(refusal('model:TW1 imei:4901')).toMatch(/character 11: "imei:" is not known/)
    expect(refusal('!vendor:Tarnwater')).toMatch(/character 1: .* written with "-"/)
    expect(refusal('-!vendor:Tarnwater')).toMatch(/character 2: .* written with "-"/)
    expect(refusal('fw:!=2')).toMatch(/character 4: "!=2" is not understood; .* leaves out/)
    expect(refusal('fw:<>2')).toMatch(/character 5: ">2" is not understood/)
    expect(refusal('fw:==2')).toMatch(/character 5: "=2" is not understood/)
    expect(refusal('vendor:a,!b')).toMatch(/character 10: "!b" is not understood/)
    expect(refusal('fw<2.4.1')).toMatch(/character 1: a colon must follow "fw", such as in fw:<2.4.1/)
    expect(refusal('-vendor=Tarnwater')).toMatch(/character 2: a colon must follow "vendor"/)
  })
  it('takes names with colons and signs as they are: urn: bare, everything in quotes', () => {
    const endpoint = 'imei:!=1'
    expect(select('"imei:!="', { endpoint })).toBe(true)
    expect(select('endpoint:imei:*', { endpoint })).toBe(true)
    expect(select('"!1"', { endpoint: '!12' })).toBe(true)
    expect(select('urn:dev:os:32473-0001', { endpoint: 'urn:dev:os:32473-00017' })).toBe(true)
    expect(select('URN:dev', { endpoint: 'URN:dev:ops:1' })).toBe(true)
    expect(select('tw1:0042', { endpoint: 'tw1:0042-7' })).toBe(true)
    expect(select('meter=7', { endpoint: 'meter=70' })).toBe(true)
    expect(select('fw:"=2"', { firmware: '=2' })).toBe(true)
  })
  it('takes the names of interfaces as they are: pairs of hexadecimal digits, and what has a second colon', () => {
    const endpoint = 'AA:BB:CC:DD:EE:FF'
    for (const text of ['AA:', 'AA:B', 'AA:BB', 'AA:BB:', 'AA:BB:CC', 'AA:BB*', endpoint]) {
      expect(select(text, { endpoint }), text).toBe(true)
      expect(select(`-${text}`, { endpoint }), text).toBe(false)
    }
    expect(select('aa:bb', { endpoint })).toBe(false)
    expect(select('FA:16:3E', { endpoint: 'FA:16:3E:00:00:01:00:02' })).toBe(true)
    expect(select('1A:BB', { endpoint: '1A:BB:CC' })).toBe(true)
    expect(select('imei:4901:7', { endpoint: 'imei:4901:77' })).toBe(true)
    expect(select('os:32473:a:b', { endpoint })).toBe(false)
  })
  it('takes no mistyped key for such a name, and leaves nothing out by a word it does not know', () => {
    expect(refusal('endpont:urn:imei:4901')).toMatch(/character 1: .*did you mean "endpoint:"/)
    expect(refusal('vndor:a:b')).toMatch(/did you mean "vendor:"/)
    expect(refusal('-colour:a:b')).toMatch(/character 2: "colour:" is not known/)
    expect(refusal('AA:XY')).toMatch(/"AA:" is not known/)
    expect(refusal('AA:BBC')).toMatch(/"AA:" is not known/)
  })
  it('repeats what was typed, since names are compared letter by letter', () => {
    expect(refusal('Bogus:1')).toMatch(/"Bogus:" is not known; .* is quoted: "Bogus:…"/)
  })
  it('is described to partners with every key and every status', () => {
    const { paths, components } = openApiDocument()
    const q = paths?.['/v1/devices']?.get?.parameters?.find((one) => 'name' in one && one.name === 'q')
    const audience = components?.schemas?.['Audience']
    for (const { description } of [q ?? {}, audience ?? {}])
      for (const word of [...audienceKeys.map((key) => `${key}:`), ...audienceStatuses])
        expect(description).toContain(word)
  })
  it('holds no control characters and no half surrogate pairs, quoted or not; white space parts tokens', () => {
    expect(refusal('\0')).toMatch(/invalid-request q: Filter, character 1: control characters/)
    expect(refusal('endpoint:a\0')).toMatch(/character 11: control characters/)
    expect(refusal('-vendor:"a\u001bb"')).toMatch(/character 11: control characters/)
    expect(refusal('vendor:\ud800')).toMatch(/character 8: control characters/)
    expect(refusal('vendor:\u{1f4a7}\udca7')).toMatch(/character 10: control characters/)
    expect(select('vendor:Tarnwater\n\tmodel:TW1')).toBe(true)
    expect(select('vendor:\u{1f4a7}', { vendor: '\u{1f4a7}' })).toBe(true)
  })
  it('never takes a mistyped negation for everybody', () => {
    expect(refusal('-vndor:Tarnwater')).not.toBe('accepted')
    expect(refusal('-colour:red')).not.toBe('accepted')
  })
  it('of any text is either understood or refused in words', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        expect(refusal(text)).toMatch(/^accepted$|^invalid-request q: Filter, character \d+: /)
      }),
      { numRuns: 300 },
    )
  })
  it('is the same after being written out and read again', () => {
    const text = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abZ019.-:, "\\*<>=!') })
    const token = fc
      .tuple(fc.constantFrom('', '-'), fc.constantFrom(...audienceKeys), text, fc.boolean())
      .map(([sign, key, value, list]) => {
        if (key === 'status')
          return `${sign}status:${audienceStatuses[value.length % audienceStatuses.length] ?? 'ok'}`
        if (key === 'battery') return `${sign}battery:<${value.length}`
        const quoted = `"${value.replace(/["\\]/g, '\\$&')}"`
        return `${sign}${key}:${quoted}${list ? ',b*' : ''}`
      })
    fc.assert(
      fc.property(fc.array(token, { maxLength: 5 }), (tokens) => {
        const audience = parseAudience(tokens.join(' '))
        expect(parseAudience(formatAudience(audience))).toEqual(audience)
      }),
      { numRuns: 300 },
    )
    for (const bare of [
      'urn:imei:4',
      '"a b"',
      '-"-x"',
      'a*',
      '*',
      'endpoint:a*,b',
      'vendor:=<a*',
      'vendor:a\\b*,=c',
      'vendor:a*b*,c',
      '"fw=2"',
      '"!a"',
      'vendor:"!a",b*',
    ])
      expect(parseAudience(formatAudience(parseAudience(bare))), bare).toEqual(parseAudience(bare))
  })
})

describe('versions', () => {
  it('are ordered by number, not by text', () => {
    const order = [
      'beta',
      '',
      '1',
      '1.0',
      '2.4-rc1',
      '2.4-rc2',
      '2.4',
      '2.4.0',
      'v2.4.1',
      '2.4.10',
      '2.10',
      '10',
      '20250101120000',
    ]
    expect([...order].reverse().sort(compareVersions)).toEqual(order)
    expect(compareVersions('2.04', '2.4')).toBe(0)
  })
  it('have keys that sort by bytes like any order of numbers', () => {
    const number = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(number, number, (a, b) => {
        let expected = 0
        for (let i = 0; i < Math.max(a.length, b.length) && expected === 0; i += 1) {
          expected = Math.sign((a[i] ?? -1) - (b[i] ?? -1))
        }
        expect(compareVersions(a.join('.'), b.join('.'))).toBe(expected)
        const bytes = Buffer.compare(
          Buffer.from(versionKey(a.join('.'))),
          Buffer.from(versionKey(b.join('.'))),
        )
        expect(bytes).toBe(expected)
      }),
    )
  })
})
