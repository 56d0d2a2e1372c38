import type { Chance } from '../chance.js'

const names = [
  '"/3/0/"',
  '"0"',
  '"/3/0/0"',
  '"6/0"',
  '"/"',
  '""',
  '"/3441/0/110"',
  '"/65/0/0/1"',
  '"/lwm2m/3/0/9"',
  '"70000"',
]
const numbers = [
  '0',
  '-0',
  '1',
  '95',
  '1.5',
  '-40',
  '1e3',
  '1E-7',
  '1700000000',
  '9007199254740993',
  '18446744073709551615',
]
const oddNumbers = [
  '-9223372036854775808',
  '1e400',
  '-1e999',
  '01',
  '1.',
  '.5',
  '+1',
  '1e',
  'NaN',
  '--1',
  '0x10',
  '123456789012345678901234567890',
]
const strings = [
  '"U"',
  '"Open Mobile Alliance"',
  '"\\u00e9\\n\\"\\\\\\/"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '"66:0"',
  '"AQID"',
  '"AQI="',
  '"FFFF:FFFF"',
]
const others = [
  'true',
  'false',
  'null',
  '[]',
  '{}',
  '[1,[2]]',
  '{"a":{"b":null}}',
  '"\\x"',
  '"\t"',
  'tru',
  '',
]
const blanks = ['', '', '', '', ' ', '\n', '\t', '\r', '\u00a0']

function number(chance: Chance): string {
  return chance.once(6) ? chance.pick(oddNumbers) : chance.pick(numbers)
}

function anything(chance: Chance): string {
  const kind = chance.int(4)
  if (kind === 0) return number(chance)
  if (kind === 1) return chance.pick(strings)
  if (kind === 2) return chance.pick(names)
  return chance.once(8) ? '['.repeat(chance.int(40)) : chance.pick(others)
}

/** Now and then another thing than what belongs there. */
function mostly(chance: Chance, usual: string): string {
  return chance.once(25) ? anything(chance) : usual
}

function members(chance: Chance, list: readonly string[]): string {
  const blank = (): string => (chance.once(8) ? chance.pick(blanks) : '')
  const comma = chance.once(60) ? ',,' : ','
  return `{${blank()}${list.map((member) => `${blank()}${member}${blank()}`).join(comma)}}`
}

function value(chance: Chance, kinds: readonly (readonly [string, () => string])[]): string {
  const [label, make] = chance.pick(kinds)
  return `"${label}":${mostly(chance, make())}`
}

function record(chance: Chance): string {
  const list: string[] = []
  if (chance.once(3)) list.push(`"bn":${mostly(chance, chance.pick(names))}`)
  if (chance.once(6)) list.push(`"bt":${mostly(chance, number(chance))}`)
  if (!chance.once(4)) list.push(`"n":${mostly(chance, chance.pick(names))}`)
  if (!chance.once(6)) {
    list.push(
      value(chance, [
        ['v', () => number(chance)],
        ['vs', () => chance.pick(strings)],
        ['vb', () => (chance.once(2) ? 'true' : 'false')],
        ['vd', () => chance.pick(strings)],
        ['vlo', () => chance.pick(strings)],
        ['v', () => 'null'],
      ]),
    )
  }
  if (chance.once(5)) list.push(`"t":${mostly(chance, number(chance))}`)
  if (chance.once(8))
    list.push(`"${chance.pick(['bver', 'u', 'bu', 's', 'ut', 'x_', 'x', '\\u006e'])}":${anything(chance)}`)
  if (chance.once(15) && list.length > 0) list.push(list[0])
  return members(chance, list)
}

/** A SenML pack as text. */
export function senmlJson(chance: Chance): string {
  return `[${chance.some(0, 6, () => mostly(chance, record(chance))).join(',')}]${chance.once(20) ? chance.pick(blanks) : ''}`
}

function element(chance: Chance): string {
  const list: string[] = []
  if (!chance.once(6)) list.push(`"n":${mostly(chance, chance.pick(names))}`)
  if (!chance.once(8)) {
    list.push(
      value(chance, [
        ['v', () => number(chance)],
        ['sv', () => chance.pick(strings)],
        ['bv', () => (chance.once(2) ? 'true' : 'false')],
        ['ov', () => chance.pick(strings)],
      ]),
    )
  }
  if (chance.once(5)) list.push(`"t":${mostly(chance, number(chance))}`)
  if (chance.once(12)) list.push(`"x":${anything(chance)}`)
  return members(chance, list)
}

/** LwM2M 1.0 JSON as text. */
export function lwm2mJson(chance: Chance): string {
  const list: string[] = []
  if (!chance.once(4)) list.push(`"bn":${mostly(chance, chance.pick(names))}`)
  if (chance.once(4)) list.push(`"bt":${mostly(chance, number(chance))}`)
  if (!chance.once(10))
    list.push(`"e":${mostly(chance, `[${chance.some(0, 5, () => element(chance)).join(',')}]`)}`)
  if (chance.once(15)) list.push(`"x":${anything(chance)}`)
  return members(chance, list)
}

/** One value as plain text. */
export function plainText(chance: Chance): string {
  return chance.pick([
    ...numbers,
    ...oddNumbers,
    'true',
    'false',
    '0',
    '1',
    '2',
    '66:0',
    'FFFF:FFFF',
    '1:2:3',
    'Zm9v',
    'Zm9',
    '',
    ' 1',
    '</1>',
    'U',
  ])
}
