import { badPayload, tooLarge } from '../errors.js'
import { fromUtf8 } from '../utf8.js'
import { parseDecimal, skipDigits } from './numbers.js'

/** Deepest nesting; SenML needs 2, LwM2M JSON 3. */
const MAX_DEPTH = 8
/** Most values in one text. */
const MAX_VALUES = 200_000

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Digits that a double holds whatever they are. */
const SAFE_DIGITS = 15
const POWERS = Array.from({ length: SAFE_DIGITS + 1 }, (_, exponent) => 10 ** exponent)

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** What stands at the scanner's place. */
export type JsonToken = 'object' | 'array' | 'text' | 'number' | 'boolean' | 'null'

/**
 * Reads a JSON text from left to right; whoever calls knows what may come. It exists because `JSON.parse` takes every number through a double, and a
 * 64-bit register must arrive whole. Everything RFC 8259 does not allow, and half a surrogate pair, is 4.00 with its place.
 *
 * Arrays and objects: `for (let more = scanner.openArray(); more; more = scanner.moreItems()) …`, and the same with `openObject`, `moreMembers`
 * around `name()`.
 */
export class JsonScanner {
  readonly #text: string
  #at = 0
  #depth = 0
  #values = 0

  constructor(bytes: Uint8Array) {
    this.#text = fromUtf8(bytes, 'JSON')
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1
  }

  error(what: string): Error {
    return badPayload(`JSON: ${what} at character ${this.#at + 1}`)
  }

  /** The kind of the value that follows. */
  peek(): JsonToken {
    const code = this.#code()
    switch (code) {
      case OPEN_OBJECT:
        return 'object'
      case OPEN_ARRAY:
        return 'array'
      case QUOTE:
        return 'text'
      case 0x74:
      case 0x66:
        return 'boolean'
      case 0x6e:
        return 'null'
      default:
        if (code === MINUS || (code >= ZERO && code <= ZERO + 9)) return 'number'
        throw this.error('a value is missing')
    }
  }

  /** Steps into an array; false when it is empty (and left at once). */
  openArray(): boolean {
    return this.#open(OPEN_ARRAY, CLOSE_ARRAY, 'an array')
  }

  /** Steps over a comma (true) or out of the array (false). */
  moreItems(): boolean {
    return this.#more(CLOSE_ARRAY)
  }

  /** Steps into an object; false when it is empty (and left at once). */
  openObject(): boolean {
    return this.#open(OPEN_OBJECT, CLOSE_OBJECT, 'an object')
  }

  /** Steps over a comma (true) or out of the object (false). */
  moreMembers(): boolean {
    return this.#more(CLOSE_OBJECT)
  }

  /** The name of a member, and the colon after it. */
  name(): string {
    if (this.#code() !== QUOTE) throw this.error('a member name is missing')
    const name = this.text()
    if (this.#code() !== COLON) throw this.error('":" is missing')
    this.#at += 1
    return name
  }

  text(): string {
    if (this.#code() !== QUOTE) throw this.error('a text is missing')
    const text = this.#text
    const start = this.#at + 1
    let at = start
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.#at = at + 1
        return text.slice(start, at)
      }
      // Below the blank, or NaN at the end of the text.
      if (code === BACKSLASH || !(code >= 0x20)) return this.#textWithEscapes(start)
      at += 1
    }
  }

  /** A number: integers are exact, a number inside ±(2^53−1) and a bigint up to 20 digits beyond. */
  number(): number | bigint {
    const text = this.#text
    const start = (this.#code(), this.#at)
    const first = text.charCodeAt(start) === MINUS ? start + 1 : start
    let at = first
    let mantissa = 0
    let digit = text.charCodeAt(at) - ZERO
    while (digit >= 0 && digit <= 9 && at - first <= SAFE_DIGITS) {
      mantissa = mantissa * 10 + digit
      at += 1
      digit = text.charCodeAt(at) - ZERO
    }
    const whole = at - first
    if (whole === 0 || (whole > 1 && text.charCodeAt(first) === ZERO)) throw this.error('not a number')
    if (text.charCodeAt(at) === DOT && whole <= SAFE_DIGITS) {
      at += 1
      digit = text.charCodeAt(at) - ZERO
      while (digit >= 0 && digit <= 9 && at - first <= SAFE_DIGITS) {
        mantissa = mantissa * 10 + digit
        at += 1
        digit = text.charCodeAt(at) - ZERO
      }
      if (at === first + whole + 1 && !(digit >= 0 && digit <= 9)) throw this.error('not a number')
    }
    const digits = at - first
    // A digit more, a fraction that goes on, or an exponent: not for the short cut.
    if (digits > SAFE_DIGITS || digit === 0x65 - ZERO || digit === 0x45 - ZERO || (digit >= 0 && digit <= 9))
      return this.#longNumber(start, first)
    this.#at = at
    const fraction = digits - whole
    // Both operands are exact, so the quotient is the double nearest to the literal.
    const value = fraction > 0 ? mantissa / POWERS[fraction - 1]! : mantissa
    return first > start ? -value : value
  }

  boolean(): boolean {
    const yes = this.#code() === 0x74
    this.#word(yes ? 'true' : 'false')
    return yes
  }

  null(): void {
    this.#code()
    this.#word('null')
  }

  /** Steps over a value of whatever kind, reading it no less strictly than the others. */
  skip(): void {
    this.countValue()
    switch (this.peek()) {
      case 'object': {
        const names = new Set<string>()
        for (let more = this.openObject(); more; more = this.moreMembers()) {
          const name = this.name()
          if (names.has(name)) throw this.error(`member "${name.slice(0, 40)}" twice`)
          names.add(name)
          this.skip()
        }
        break
      }
      case 'array':
        for (let more = this.openArray(); more; more = this.moreItems()) this.skip()
        break
      case 'text':
        this.text()
        break
      case 'number':
        this.number()
        break
      case 'boolean':
        this.boolean()
        break
      case 'null':
        this.null()
    }
  }

  /** Counts towards the limit on values; for callers that keep what they read. */
  countValue(): void {
    if (++this.#values > MAX_VALUES) throw tooLarge(`JSON: more than ${MAX_VALUES} values`)
  }

  /** Passes when nothing but white space is left. */
  end(): void {
    this.#code()
    if (this.#at < this.#text.length) throw this.error('text after the end of the value')
  }

  /** Steps over white space; the character code there, NaN at the end. */
  #code(): number {
    const text = this.#text
    let code = text.charCodeAt(this.#at)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09)
      code = text.charCodeAt(++this.#at)
    return code
  }

  #open(open: number, close: number, what: string): boolean {
    if (this.#code() !== open) throw this.error(`${what} is missing`)
    if (++this.#depth > MAX_DEPTH) throw this.error(`nested deeper than ${MAX_DEPTH}`)
    this.#at += 1
    if (this.#code() !== close) return true
    this.#at += 1
    this.#depth -= 1
    return false
  }

  #more(close: number): boolean {
    const code = this.#code()
    if (code !== COMMA && code !== close)
      throw this.error(`"," or "${String.fromCharCode(close)}" is missing`)
    this.#at += 1
    if (code === COMMA) return true
    this.#depth -= 1
    return false
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw this.error('unknown word')
    this.#at += word.length
  }

  #longNumber(start: number, first: number): number | bigint {
    const text = this.#text
    let end = skipDigits(text, first)
    if (text.charCodeAt(end) === DOT) end = skipDigits(text, end + 1)
    if (text[end] === 'e' || text[end] === 'E') {
      const sign = text[end + 1] === '-' || text[end + 1] === '+' ? 1 : 0
      end = skipDigits(text, end + 1 + sign)
    }
    const value = parseDecimal(text.slice(start, end))
    if (value === undefined) throw this.error('not a number, or one out of range')
    this.#at = end
    return value
  }

  #textWithEscapes(start: number): string {
    const text = this.#text
    const parts: string[] = []
    let from = start
    let at = start
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) break
      if (code === BACKSLASH) {
        parts.push(text.slice(from, at))
        this.#at = at
        parts.push(this.#escape())
        from = at = this.#at
      } else if (code >= 0x20) at += 1
      else {
        this.#at = at
        throw this.error('a text is not closed')
      }
    }
    parts.push(text.slice(from, at))
    this.#at = at + 1
    const whole = parts.join('')
    // Only an escape can make half a pair: the text itself came from UTF-8.
    if (/[\ud800-\udfff]/u.test(whole)) throw this.error('half a surrogate pair')
    return whole
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? ''
    if (letter === 'u') {
      const hex = this.#text.slice(this.#at + 2, this.#at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.error('bad escape')
      this.#at += 6
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined
    if (character === undefined) throw this.error('bad escape')
    this.#at += 2
    return character
  }
}
