import { DomainError, isPrintable, limits } from '@fieldline/contracts'

/** The words before the colon. `endpoint` is also what a bare text means. */
export const audienceKeys = [
  'endpoint',
  'vendor',
  'model',
  'fw',
  'status',
  'cell',
  'group',
  'battery',
] as const
export type AudienceKey = (typeof audienceKeys)[number]
export const audienceStatuses = [
  'registered',
  'expired',
  'deregistered',
  'provisioned',
  'awake',
  'sleeping',
  'late',
  'silent',
  'ok',
  'attention',
  'failing',
] as const
export type AudienceStatus = (typeof audienceStatuses)[number]
export type Comparison = '=' | '<' | '<=' | '>' | '>='

/**
 * One token. All terms must hold; the values of one term are alternatives. `prefix` compares only the beginning. A term about a fact that
 * is not known of a device is false before `negated` is applied.
 */
export interface AudienceTerm {
  key: AudienceKey
  negated: boolean
  comparison: Comparison
  values: { text: string; prefix: boolean }[]
}
export interface Audience {
  terms: AudienceTerm[]
}

/** `urn:…` is the usual form of an endpoint name. @see LwM2M Core 1.2 §6.2.1 */
const nameScheme = 'urn'
const aliases: Readonly<Record<string, AudienceKey>> = { firmware: 'fw' }
const ordered: ReadonlySet<AudienceKey> = new Set(['fw', 'battery'])
const examples: Readonly<Record<AudienceKey, string>> = {
  endpoint: 'endpoint:urn:imei:4901*',
  vendor: 'vendor:Tarnwater',
  model: 'model:TW1',
  fw: 'fw:<2.4.1',
  status: 'status:late',
  cell: 'cell:26201-1F3A',
  group: 'group:pilot',
  battery: 'battery:<15',
}
/** A MAC address or an EUI-64, or its beginning: `AA:BB:CC:DD:EE:FF`, `AA:B`. */
const hexadecimalPairs = /^[0-9a-f]{2}:([0-9a-f]{2}:)*[0-9a-f]{0,2}\*?$/i
const maxTerms = 50
const maxValues = 100

interface Word {
  text: string
  quoted: boolean
}

/** Reads left to right; `at` counts characters from 0, people are told from 1. */
class Scanner {
  at = 0
  constructor(
    readonly text: string,
    readonly field: string,
  ) {}

  get done(): boolean {
    return this.at >= this.text.length
  }

  fail(message: string, at = this.at): never {
    throw new DomainError('invalid-request', `Filter, character ${at + 1}: ${message}`, this.field)
  }

  skipSpace(): void {
    while (!this.done && /\s/.test(this.text.charAt(this.at))) this.at += 1
  }

  take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  /** A quoted text, or everything up to a space or one of `stops`. */
  word(stops: string): Word {
    if (this.text.charAt(this.at) === '"') return { text: this.quotedText(), quoted: true }
    const start = this.at
    while (
      !this.done &&
      !/\s/.test(this.text.charAt(this.at)) &&
      !stops.includes(this.text.charAt(this.at))
    ) {
      if (this.text.charAt(this.at) === '"')
        this.fail('a quotation mark must stand at the beginning of a value')
      this.at += 1
    }
    return { text: this.text.slice(start, this.at), quoted: false }
  }

  private quotedText(): string {
    const start = this.at
    let text = ''
    for (this.at += 1; !this.done; this.at += 1) {
      const character = this.text.charAt(this.at)
      if (character === '"') {
        this.at += 1
        return text
      }
      if (character === '\\') this.at += 1
      text += this.text.charAt(this.at)
    }
    return this.fail('the quotation mark is not closed', start)
  }
}

/** Insertions, deletions and replacements between two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_none, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

function likelyKey(word: string): AudienceKey | undefined {
  return audienceKeys.find((key) => distance(word, key) <= (key.length > 3 ? 2 : 1))
}

/**
 * The key a token begins with, or undefined for a bare endpoint name. Letters before a colon are a key: one that is mistyped must not be taken
 * for a name, which would select nobody, or everybody once negated. Bare may stand `urn:`, pairs of hexadecimal digits, and, unless negated or
 * near to a key, what has a second colon; quotes make a name of anything.
 */
function readKey(scanner: Scanner, negated: boolean): AudienceKey | undefined {
  const rest = scanner.text.slice(scanner.at, scanner.at + 40)
  const found = /^([A-Za-z]+)(:|!=|[<>=])/.exec(rest)
  if (found === null) return undefined
  const typed = found[1] as string
  const word = typed.toLowerCase()
  const key = audienceKeys.find((known) => known === word) ?? aliases[word]
  if (found[2] !== ':') {
    if (key !== undefined) scanner.fail(`a colon must follow "${word}", such as in ${examples[key]}`)
    return undefined
  }
  if (key !== undefined) {
    scanner.at += word.length + 1
    return key
  }
  const token = /^[^\s"]*/.exec(scanner.text.slice(scanner.at))?.[0] ?? ''
  if (word === nameScheme || hexadecimalPairs.test(token)) return undefined
  const meant = likelyKey(word)
  if (!negated && meant === undefined && token.includes(':', word.length + 1)) return undefined
  const hint = meant === undefined ? `the keys are ${audienceKeys.join(', ')}.` : `did you mean "${meant}:"?`
  scanner.fail(`"${typed}:" is not known; ${hint} An endpoint name with a colon is quoted: "${typed}:…"`)
}

function readComparison(scanner: Scanner, key: AudienceKey): Comparison {
  const start = scanner.at
  const found = (['<=', '>=', '<', '>', '='] as const).find((sign) => scanner.take(sign)) ?? '='
  if (found !== '=' && !ordered.has(key))
    scanner.fail(`"${key}:" cannot be compared by ${found}; fw: and battery: can`, start)
  return found
}

function checkValue(
  scanner: Scanner,
  key: AudienceKey,
  word: Word,
  at: number,
): AudienceTerm['values'][number] {
  if (word.text === '') scanner.fail(`"${key}:" needs a value`, at)
  if (!word.quoted && (ordered.has(key) ? /^[<>=!]/ : /^!/).test(word.text)) {
    const signs = ordered.has(key) ? '< <= > >= and = compare; ' : ''
    scanner.fail(`"${word.text}" is not understood; ${signs}a "-" before "${key}:" leaves out`, at)
  }
  const prefix = !word.quoted && word.text.endsWith('*')
  const text = prefix ? word.text.slice(0, -1) : word.text
  if (key === 'status') {
    const status = text.toLowerCase()
    if (prefix || !audienceStatuses.some((known) => known === status))
      scanner.fail(`"${text}" is not a status; it may be ${audienceStatuses.join(', ')}`, at)
    return { text: status, prefix: false }
  }
  if (key === 'battery') {
    if (prefix || !/^\d{1,3}(\.\d{1,4})?%?$/.test(text))
      scanner.fail('battery: is compared with a number of percent, such as battery:<15', at)
    return { text: text.replace('%', ''), prefix: false }
  }
  return { text, prefix }
}

function readTerm(scanner: Scanner): AudienceTerm {
  const negated = scanner.take('-')
  if (scanner.take('!'))
    scanner.fail('what is left out is written with "-", such as -vendor:Tarnwater', scanner.at - 1)
  const key = readKey(scanner, negated)
  if (key === undefined) {
    const at = scanner.at
    const word = scanner.word('')
    if (word.text === '') scanner.fail('"-" must be followed by what is left out', at)
    const text = !word.quoted && word.text.endsWith('*') ? word.text.slice(0, -1) : word.text
    return { key: 'endpoint', negated, comparison: '=', values: [{ text, prefix: true }] }
  }
  const comparison = readComparison(scanner, key)
  const values: AudienceTerm['values'] = []
  do {
    const at = scanner.at
    const value = checkValue(scanner, key, scanner.word(','), at)
    if (comparison !== '=' && value.prefix) scanner.fail(`"*" does not go with ${comparison}`, at)
    values.push(value)
    if (values.length > maxValues) scanner.fail(`at most ${maxValues} values in one list`, at)
  } while (scanner.take(','))
  if (comparison !== '=' && values.length > 1) scanner.fail(`${comparison} takes one value, not a list`)
  return { key, negated, comparison, values }
}

/**
 * Reads a filter: tokens separated by spaces, all of which must hold. Bare text is the beginning of an endpoint name, quoted where letters and
 * a colon begin it, unless it is `urn:`, a MAC address or a name with a second colon; `key:value` with the keys above; `fw:` and `battery:` compare with < <= > >=; a comma means or; "quotes"
 * keep spaces; a leading `-` negates; a trailing `*` compares the beginning. The empty text selects everything.
 * @param field name of the request's field, for the error
 * @throws DomainError invalid-request (400) with the position in words
 */
export function parseAudience(text: string, field = 'q'): Audience {
  const scanner = new Scanner(text, field)
  if (text.length > limits.audienceLength)
    scanner.fail(`at most ${limits.audienceLength} characters`, limits.audienceLength)
  let at = 0
  for (const character of text) {
    if (!isPrintable(character) && !/\s/.test(character))
      scanner.fail('control characters are not allowed', at)
    at += character.length
  }
  const terms: AudienceTerm[] = []
  for (scanner.skipSpace(); !scanner.done; scanner.skipSpace()) {
    terms.push(readTerm(scanner))
    if (terms.length > maxTerms) scanner.fail(`at most ${maxTerms} tokens`)
    if (!scanner.done && !/\s/.test(text.charAt(scanner.at))) scanner.fail('a space must separate tokens')
  }
  return { terms }
}

function formatValue({ text, prefix }: AudienceTerm['values'][number]): string {
  // A prefix was read unquoted and can be written so; quotes would make its "*" an ordinary character.
  if (prefix) return `${text}*`
  return /^$|[\s",\\*]|^[<>=!]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text
}

/** The canonical text of a filter; parsing it gives the same filter. */
export function formatAudience(audience: Audience): string {
  return audience.terms
    .map(({ key, negated, comparison, values }) => {
      const sign = negated ? '-' : ''
      const only = values[0]
      const startsWithSign = only?.prefix === true && /^[<>=]/.test(only.text)
      if (key === 'endpoint' && values.length === 1 && only?.prefix === true && only.text !== '') {
        // Bare text: quoted whenever it could be read as something else.
        const safe = !/[\s",\\*:<>=]|^[-!]/.test(only.text)
        return `${sign}${safe ? only.text : `"${only.text.replace(/["\\]/g, '\\$&')}"`}`
      }
      return `${sign}${key}:${comparison === '=' && !startsWithSign ? '' : comparison}${values.map(formatValue).join(',')}`
    })
    .join(' ')
}
