import { JsonScanner } from './scanner.js'

/** A JSON value whose integers are exact: a number inside ±(2^53−1), a bigint beyond. */
export type JsonItem = null | boolean | number | bigint | string | readonly JsonItem[] | JsonObject
/** Members in the order of the text. */
export type JsonObject = ReadonlyMap<string, JsonItem>

/** Reads a whole JSON text strictly; a member name twice, or anything after the value, is 4.00. @see RFC 8259 */
export function parseJson(bytes: Uint8Array): JsonItem {
  const scanner = new JsonScanner(bytes)
  const item = readItem(scanner)
  scanner.end()
  return item
}

function readItem(scanner: JsonScanner): JsonItem {
  scanner.countValue()
  switch (scanner.peek()) {
    case 'object': {
      const members = new Map<string, JsonItem>()
      for (let more = scanner.openObject(); more; more = scanner.moreMembers()) {
        const name = scanner.name()
        if (members.has(name)) throw scanner.error(`member "${name.slice(0, 40)}" twice`)
        members.set(name, readItem(scanner))
      }
      return members
    }
    case 'array': {
      const items: JsonItem[] = []
      for (let more = scanner.openArray(); more; more = scanner.moreItems()) items.push(readItem(scanner))
      return items
    }
    case 'text':
      return scanner.text()
    case 'number':
      return scanner.number()
    case 'boolean':
      return scanner.boolean()
    case 'null':
      scanner.null()
      return null
  }
}
