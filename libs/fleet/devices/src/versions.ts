/**
 * A text whose byte order is the order of versions, so that a database can compare them: numbers by size, "2.10" after "2.9", "2.4" before
 * "2.4.1", a word ("2.4-rc1") before the plain version. Anything but ASCII digits and letters only separates; a leading "v" is ignored.
 * Compare keys by bytes (PostgreSQL: COLLATE "C").
 */
export function versionKey(text: string): string {
  const tokens = text
    .trim()
    .toLowerCase()
    .replace(/^v(?=\d)/, '')
    .match(/\d+|[a-z]+/g)
  let key = ''
  for (const token of tokens ?? []) {
    if (/\d/.test(token)) {
      const digits = token.replace(/^0+(?=\d)/, '').slice(0, 99)
      key += `2${String(digits.length).padStart(2, '0')}${digits}`
    } else key += `0${token} `
  }
  // The end sorts after a word and before a further number.
  return `${key}1`
}

/** Order of two firmware versions: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const keyA = versionKey(a)
  const keyB = versionKey(b)
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0
}
