import type { Link } from './links.js'

/** A link to write: attributes may be numbers. */
export interface LinkToFormat {
  readonly target: string
  readonly attributes?: Iterable<readonly [name: string, value: string | number | true]>
}

/** A link-format list. Numbers and versions stand bare, every other value in quotes. Throws `RangeError` on what cannot be written. */
export function formatLinks(links: Iterable<Link | LinkToFormat>): string {
  return Array.from(links, formatLink).join(',')
}

function formatLink({ target, attributes }: Link | LinkToFormat): string {
  if (!/^[^<>\s\u0000-\u001f]+$/.test(target))
    throw new RangeError(`not a link target: "${target.slice(0, 60)}"`)
  let text = `<${target}>`
  for (const [name, value] of attributes ?? []) {
    if (!/^[!#$&+\-.^_`|~0-9A-Za-z]+\*?$/.test(name))
      throw new RangeError(`not a link attribute: "${name.slice(0, 60)}"`)
    text += `;${name}`
    if (value !== true) text += `=${formatValue(value)}`
  }
  return text
}

function formatValue(value: string | number): string {
  const text = String(value)
  if (/[\u0000-\u001f]/.test(text)) throw new RangeError('a link attribute holds no control characters')
  return /^[+-]?[0-9]+(\.[0-9]+)?$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}
