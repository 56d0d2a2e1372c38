import { badPayload } from '../errors.js'
import { fromUtf8 } from '../utf8.js'
import { MAX_LINKS, MAX_LINK_ATTRIBUTES, MAX_LINK_TEXT } from './links.js'
import type { Link } from './links.js'

const target = /<([^<>\s\u0000-\u001f]+)>/y
const attributeName = /;([!#$&+\-.^_`|~0-9A-Za-z]+\*?)/y
const token = /=([!#$%&'()*+\-./:<=>?@[\]^_`{|}~0-9A-Za-z]+)/y
// Without control characters: the text ends in a database and on a screen.
const quoted = /="((?:[^"\\\u0000-\u001f]|\\[^\u0000-\u001f])*)"/y
const comma = /,[ \t]*/y

/**
 * Reads a link-format list; the empty text is the empty list. Blanks are taken after a comma and nowhere else. 4.00 with the place on anything
 * else RFC 6690 does not allow, and on lists beyond the limits.
 */
export function parseLinks(input: string | Uint8Array): Link[] {
  const given = typeof input === 'string' ? input : fromUtf8(input, 'link list')
  // Clients of LwM2M 1.0 begin the answer to Bootstrap-Discover with lwm2m="1.0" alone: an attribute of the root that is not there.
  const text = given.startsWith('lwm2m=') ? `</>;${given}` : given
  if (text.length > MAX_LINK_TEXT) throw badPayload(`link list: longer than ${MAX_LINK_TEXT} characters`)
  const links: Link[] = []
  let at = 0

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at = pattern.lastIndex
    return found
  }
  const wanted = (what: string): Error => badPayload(`link list: ${what} wanted at character ${at + 1}`)

  if (text === '') return links
  do {
    const found = take(target)
    if (!found) throw wanted('<path>')
    if (links.length >= MAX_LINKS) throw badPayload(`link list: more than ${MAX_LINKS} links`)
    const attributes = new Map<string, string | true>()
    for (let name = take(attributeName); name; name = take(attributeName)) {
      const plain =
        text[at] === '=' ? (take(quoted)?.[1]?.replace(/\\([^])/g, '$1') ?? take(token)?.[1]) : true
      if (plain === undefined) throw wanted('the value of an attribute')
      if (attributes.size >= MAX_LINK_ATTRIBUTES)
        throw badPayload(`link list: more than ${MAX_LINK_ATTRIBUTES} attributes`)
      if (!attributes.has(name[1]!)) attributes.set(name[1]!, plain)
    }
    links.push({ target: found[1]!, attributes })
  } while (take(comma))
  if (at !== text.length) throw wanted('"," or ";"')
  return links
}
