import type { AudiencePreview } from '@fieldline/contracts'

/** Keys of the filter language with what may follow. The API's parser decides; this only helps to write. */
const filterKeys = {
  status: 'late, silent, sleeping, failing …',
  vendor: 'manufacturer',
  model: 'model number',
  fw: 'version; also < <= > >=',
  cell: 'radio cell',
  group: 'group',
  battery: 'percent, such as <15',
  endpoint: 'whole name, or a list',
} as const
export type FilterKey = keyof typeof filterKeys

const statuses = [
  'awake',
  'sleeping',
  'late',
  'silent',
  'ok',
  'attention',
  'failing',
  'registered',
  'expired',
  'deregistered',
  'provisioned',
]

/** Tokens of a filter as written, split at spaces outside of quotes. */
export function tokensOf(q: string): string[] {
  const tokens: string[] = []
  let token = ''
  let inQuotes = false
  for (let at = 0; at < q.length; at += 1) {
    const character = q.charAt(at)
    if (inQuotes && character === '\\') {
      token += character + q.charAt(at + 1)
      at += 1
      continue
    }
    if (character === '"') inQuotes = !inQuotes
    if (!inQuotes && /\s/.test(character)) {
      if (token !== '') tokens.push(token)
      token = ''
    } else token += character
  }
  return token === '' ? tokens : [...tokens, token]
}

/** A value as it must be written after a colon: quoted when it could be read as something else. */
export function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

export function tokenFor(key: FilterKey, value: string): string {
  return `${key}:${/^$|[\s",\\*]|^[<>=!]/.test(value) ? quoted(value) : value}`
}

/** Whether the last token only begins: a key, a comma or a comparison without its value. Nobody wants to be told so while typing. */
export function isUnfinished(q: string): boolean {
  return /(^|\s)-?[a-z]+:([^\s"]*,|[<>]=?)?$/i.test(q) || /(^|\s)-$/.test(q)
}

export function hasToken(q: string, token: string): boolean {
  return tokensOf(q).includes(token)
}

export function withoutToken(q: string, token: string): string {
  return tokensOf(q)
    .filter((other) => other !== token)
    .join(' ')
}

/** Adds the token, or takes it away where it stands already; another token of the same plain key gives way. */
export function toggleToken(q: string, token: string): string {
  if (hasToken(q, token)) return withoutToken(q, token)
  const key = token.slice(0, token.indexOf(':') + 1)
  return [...tokensOf(q).filter((other) => !other.startsWith(key)), token].join(' ')
}

interface Suggestion {
  /** What stands in the list. */
  label: string
  hint?: string
  /** The whole text after choosing it, and where the caret belongs. */
  text: string
  caret: number
}

type Facets = Pick<AudiencePreview, 'byVendor' | 'byModel' | 'byFirmware' | 'byPresence'>
const facetOf: Readonly<Record<string, keyof Facets>> = {
  vendor: 'byVendor',
  model: 'byModel',
  fw: 'byFirmware',
  status: 'byPresence',
}

function valuesOf(key: string, facets: Facets | undefined): { value: string; count?: number }[] {
  const facet = facetOf[key]
  const counts = facet === undefined ? [] : (facets?.[facet] ?? [])
  if (key !== 'status') return counts.map(({ key: value, count }) => ({ value, count }))
  return statuses.map((value) => {
    const count = counts.find((row) => row.key === value)?.count
    return count === undefined ? { value } : { value, count }
  })
}

/** What could be written at the caret: keys first, then values of the key with how many devices have them. */
export function suggestionsFor(q: string, caret: number, facets: Facets | undefined): Suggestion[] {
  const before = q.slice(0, caret)
  const word = tokensOf(before).at(-1)
  // After a space, and outside of quotes, a new token begins.
  const token = word !== undefined && before.endsWith(word) ? word : ''
  const start = caret - token.length
  const rest = q.slice(caret)
  const written = (text: string, space: boolean): Pick<Suggestion, 'text' | 'caret'> => {
    const gap = space && !/^\s/.test(rest) ? ' ' : ''
    return { text: `${q.slice(0, start)}${text}${gap}${rest}`, caret: start + text.length + gap.length }
  }
  const sign = token.startsWith('-') ? '-' : ''
  const bare = token.slice(sign.length)
  const colon = bare.indexOf(':')
  if (colon < 0) {
    return Object.entries(filterKeys)
      .filter(([key]) => key.startsWith(bare.toLowerCase()))
      .map(([key, hint]) => ({ label: `${sign}${key}:`, hint, ...written(`${sign}${key}:`, false) }))
  }
  const key = bare.slice(0, colon).toLowerCase()
  if (!(key in filterKeys)) return []
  const begun = bare
    .slice(colon + 1)
    .replace(/^"/, '')
    .toLowerCase()
  return valuesOf(key, facets)
    .filter(
      ({ value }) => value !== '' && value.toLowerCase().startsWith(begun) && value.toLowerCase() !== begun,
    )
    .slice(0, 12)
    .map(({ value, count }) => ({
      label: value,
      ...(count === undefined ? {} : { hint: String(count) }),
      ...written(`${sign}${tokenFor(key as FilterKey, value)}`, true),
    }))
}
