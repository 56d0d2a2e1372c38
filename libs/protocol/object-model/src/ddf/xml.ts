import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { DdfError } from './errors.js'

/** An element of a definition file. */
export interface XmlElement {
  readonly name: string
  /** Where it begins, from 1. */
  readonly line: number
  readonly attributes: ReadonlyMap<string, string>
  /** The text directly inside, white space at its ends taken off. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Largest file, in bytes; the largest of the registry has a tenth. */
export const MAX_DDF_BYTES = 1_048_576
/** Deepest nesting; a definition file needs 5. */
const MAX_DEPTH = 16
/** Most elements in one file. */
const MAX_ELEMENTS = 20_000

const TEXT = '#text'
const CDATA = '#cdata'
const ATTRIBUTES = ':@'

/** How the parser gives an element: its name as the one key beside attributes and place. */
type ParsedNode = Readonly<Record<string, unknown>>

// No document type and no entity is ever looked up: what a file may contain is plain XML with the five entities every XML has.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  cdataPropName: CDATA,
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  captureMetaData: true,
  maxNestedTags: MAX_DEPTH,
})
const PLACE = XMLParser.getMetaDataSymbol() as symbol

/**
 * The root element of an XML text whose lines end in `\n`. Throws `DdfError` on text that is not well-formed, a document type, an unknown entity, or
 * what goes beyond the limits.
 */
export function parseXml(text: string): XmlElement {
  refuseExcess(text)
  const verdict = XMLValidator.validate(text)
  if (verdict !== true) throw new DdfError(verdict.err.line, `not well-formed XML: ${verdict.err.msg}`)
  const lines = new Lines(text)
  let nodes: readonly ParsedNode[]
  try {
    nodes = parser.parse(text) as readonly ParsedNode[]
  } catch (error) {
    throw new DdfError(1, `not well-formed XML: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
  const root = nodes.find((node) => elementName(node) !== undefined)
  if (!root) throw new DdfError(1, 'not XML: there is no element')
  return new Reader(lines).element(root, 1)
}

class Reader {
  readonly #lines: Lines

  constructor(lines: Lines) {
    this.#lines = lines
  }

  element(node: ParsedNode, parentLine: number): XmlElement {
    const name = elementName(node)!
    const place = Reflect.get(node, PLACE) as { readonly startIndex?: number } | undefined
    const line = place?.startIndex === undefined ? parentLine : this.#lines.at(place.startIndex)
    const inner = node[name] as readonly ParsedNode[]
    const children: XmlElement[] = []
    let text = ''
    for (const child of inner) {
      if (TEXT in child) text += withoutEntities(String(child[TEXT]), line)
      else if (CDATA in child)
        text += (child[CDATA] as readonly ParsedNode[]).map((part) => String(part[TEXT])).join('')
      else if (elementName(child) !== undefined) children.push(this.element(child, line))
    }
    const attributes = Object.entries((node[ATTRIBUTES] ?? {}) as Readonly<Record<string, unknown>>)
    return {
      name,
      line,
      attributes: new Map(attributes.map(([key, value]) => [key, withoutEntities(String(value), line)])),
      text: text.trim(),
      children,
    }
  }
}

function elementName(node: ParsedNode): string | undefined {
  return Object.keys(node).find((key) => key !== ATTRIBUTES && !key.startsWith('#') && !key.startsWith('?'))
}

/** Line numbers of places in a text. */
class Lines {
  readonly #ends: number[] = []

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#ends.push(at)
  }

  at(index: number): number {
    let low = 0
    let high = this.#ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ends[middle]! < index) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

/** What begins like this ends like that, whatever stands between. */
const passed = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const

/** Before anything else walks the text: the parser's work grows with depth and number, and a document type is passed over by it. */
function refuseExcess(text: string): void {
  let depth = 0
  let elements = 0
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    const [open, close] = passed.find(([start]) => text.startsWith(start, at)) ?? []
    if (open === undefined && text[at + 1] === '!')
      throw new DdfError(new Lines(text).at(at), 'a document type is not accepted; remove the <!DOCTYPE …>')
    const end = open === undefined ? endOfTag(text, at) : text.indexOf(close, at + open.length)
    if (end < 0) return
    if (open === undefined) {
      if (text[at + 1] === '/') depth -= 1
      else {
        elements += 1
        if (text[end - 1] !== '/') depth += 1
      }
      if (elements > MAX_ELEMENTS)
        throw new DdfError(new Lines(text).at(at), `more than ${MAX_ELEMENTS} elements`)
      if (depth > MAX_DEPTH) throw new DdfError(new Lines(text).at(at), `nested deeper than ${MAX_DEPTH}`)
    }
    at = end
  }
}

/** The place of the `>` of a tag, those in quotes aside; −1 when there is none. */
function endOfTag(text: string, start: number): number {
  let quote = ''
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '>') return at
    else if (character === '"' || character === "'") quote = character
  }
  return -1
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function withoutEntities(text: string, line: number): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;&\s]{0,12});?/g, (whole, name: string) => {
    const numeric = /^#(?:([0-9]{1,7})|x([0-9a-fA-F]{1,6}))$/.exec(name)
    const code = numeric ? Number.parseInt(numeric[1] ?? numeric[2]!, numeric[1] ? 10 : 16) : -1
    if (whole.endsWith(';') && code > 0 && code <= 0x10_ffff && !(code >= 0xd800 && code <= 0xdfff))
      return String.fromCodePoint(code)
    if (whole.endsWith(';') && Object.hasOwn(entities, name)) return entities[name]!
    throw new DdfError(line, `"${whole}" is no character reference that every XML has; write & as &amp;`)
  })
}
