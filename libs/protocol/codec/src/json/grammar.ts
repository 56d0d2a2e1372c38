import { badPayload } from '../errors.js'
import { fromUtf8 } from '../utf8.js'
import { parseDecimal } from './numbers.js'

/** Deepest nesting; SenML needs 2, LwM2M JSON 3. */
const MAX_DEPTH = 8
/** Most values in one text. */
const MAX_VALUES = 200_000

/** A JSON value whose integers are exact: a number inside ±(2^53−1), a bigint beyond. */
export type JsonItem = null | boolean | number | bigint | string | readonly JsonItem[] | JsonObject
/** Members in the order of the text. */
export type JsonObject = ReadonlyMap<string, JsonItem>

const whitespace = /[ \t\n\r]*/y
const numberLiteral = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const plainCharacters = /[^"\\\u0000-\u001f]*/y
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

/**
 * Reads a JSON text strictly; a member name twice, a lone surrogate, or anything after the value is 4.00. The parser exists because `JSON.parse`
 * takes every number through a double, and a 64-bit register must arrive whole.
 * @see RFC 8259
 */
export function parseJson(bytes: Uint8Array): JsonItem {
  const parser = new Parser(fromUtf8(bytes, 'JSON').replace(/^\ufeff/, ''))
  return parser.whole()
}

class Parser {
  readonly #text: string
  #at = 0
  #values = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): JsonItem {
    const value = this.#value(0)
    this.#match(whitespace)
    if (this.#at !== this.#text.length) throw this.#error('text after the end of the value')
    return value
  }

  #error(what: string): Error {
    return badPayload(`JSON: ${what} at character ${this.#at + 1}`)
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found) return ''
    this.#at += found[0].length
    return found[0]
  }

  #value(depth: number): JsonItem {
    if (depth > MAX_DEPTH) throw this.#error(`nested deeper than ${MAX_DEPTH}`)
    if (++this.#values > MAX_VALUES) throw this.#error(`more than ${MAX_VALUES} values`)
    this.#match(whitespace)
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('unknown word')
    this.#at += word.length
    return value
  }

  #number(): number | bigint {
    const text = this.#match(numberLiteral)
    if (text === '') throw this.#error('a value is missing')
    const value = parseDecimal(text)
    if (value === undefined) throw this.#error('number out of range')
    return value
  }

  #string(): string {
    this.#at += 1
    let value = ''
    for (;;) {
      value += this.#match(plainCharacters)
      const next = this.#text[this.#at]
      if (next === '"') break
      if (next !== '\\') throw this.#error('a text is not closed')
      value += this.#escape()
    }
    this.#at += 1
    if (/[\ud800-\udfff]/u.test(value)) throw this.#error('half a surrogate pair')
    return value
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? ''
    if (letter === 'u') {
      const hex = this.#text.slice(this.#at + 2, this.#at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#error('bad escape')
      this.#at += 6
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const character = escapes[letter]
    if (character === undefined) throw this.#error('bad escape')
    this.#at += 2
    return character
  }

  #array(depth: number): JsonItem[] {
    const items: JsonItem[] = []
    this.#at += 1
    this.#match(whitespace)
    if (this.#text[this.#at] === ']') {
      this.#at += 1
      return items
    }
    for (;;) {
      items.push(this.#value(depth + 1))
      if (this.#separator(']')) return items
    }
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonItem>()
    this.#at += 1
    this.#match(whitespace)
    if (this.#text[this.#at] === '}') {
      this.#at += 1
      return members
    }
    for (;;) {
      this.#match(whitespace)
      if (this.#text[this.#at] !== '"') throw this.#error('a member name is missing')
      const name = this.#string()
      if (members.has(name)) throw this.#error(`member "${name.slice(0, 40)}" twice`)
      this.#match(whitespace)
      if (this.#text[this.#at] !== ':') throw this.#error('":" is missing')
      this.#at += 1
      members.set(name, this.#value(depth + 1))
      if (this.#separator('}')) return members
    }
  }

  /** Takes a comma (false) or the closing bracket (true). */
  #separator(close: string): boolean {
    this.#match(whitespace)
    const next = this.#text[this.#at]
    if (next !== ',' && next !== close) throw this.#error(`"," or "${close}" is missing`)
    this.#at += 1
    return next === close
  }
}
