import { DdfError } from './errors.js'
import type { XmlElement } from './xml.js'

/** Longest name kept. */
const MAX_NAME = 200

/** The simple elements inside an <Object> or <Item>, asked for by name. Their order does not matter; of two of one name the first counts. */
export class Fields {
  readonly line: number
  readonly #byName = new Map<string, XmlElement>()

  constructor(element: XmlElement) {
    this.line = element.line
    for (const child of element.children) {
      if (!this.#byName.has(child.name)) this.#byName.set(child.name, child)
    }
  }

  element(name: string): XmlElement | undefined {
    return this.#byName.get(name)
  }

  /** The line of an element, or of what it is missing in. */
  lineOf(name: string): number {
    return this.#byName.get(name)?.line ?? this.line
  }

  /** The text of an element on one line; empty when there is none. */
  optional(name: string): string {
    return (this.#byName.get(name)?.text ?? '').replace(/[\s\u0000-\u001f\u007f]+/g, ' ').trim()
  }

  /** The text of an element that there must be. */
  required(name: string): string {
    const text = this.optional(name)
    if (text === '') throw new DdfError(this.lineOf(name), `<${name}> is missing or empty`)
    if (text.length > MAX_NAME)
      throw new DdfError(this.lineOf(name), `<${name}> has more than ${MAX_NAME} characters`)
    return text
  }

  /** A choice between two words; other capitals are forgiven with a warning. */
  oneOf(
    name: string,
    words: Readonly<Record<string, boolean>>,
    warn: (line: number, message: string) => void,
  ): boolean {
    const text = this.required(name)
    if (Object.hasOwn(words, text)) return words[text]!
    const meant = Object.keys(words).find((word) => word.toLowerCase() === text.toLowerCase())
    if (meant === undefined)
      throw new DdfError(
        this.lineOf(name),
        `${name} is ${Object.keys(words).join(' or ')}, not "${text.slice(0, 40)}"`,
      )
    warn(this.lineOf(name), `${name} "${text}" is read as ${meant}`)
    return words[meant]!
  }
}
