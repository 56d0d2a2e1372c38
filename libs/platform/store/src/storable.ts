// PostgreSQL's text holds no NUL, and its jsonb neither NUL nor half a surrogate pair. As JSON.stringify writes them:
const suspicious = /\\u0000|\\ud[89a-f]/
const unstorable = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const REPLACEMENT = '\ufffd'

/** Text as PostgreSQL can keep it: NUL and half surrogate pairs become U+FFFD. */
export function storableText(text: string): string {
  return text.replace(unstorable, REPLACEMENT)
}

/**
 * The JSON of a value that may carry a device's text, as `jsonb` takes it: NUL and half surrogate pairs, which RFC 8259 allows and PostgreSQL
 * does not, become U+FFFD. Null for what is undefined.
 */
export function storable(value: unknown): string | null {
  const json = JSON.stringify(value) as string | undefined
  if (json === undefined) return null
  return suspicious.test(json) ? JSON.stringify(cleaned(JSON.parse(json))) : json
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value)
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [storableText(name), cleaned(part)]))
}
