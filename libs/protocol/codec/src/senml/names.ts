import { ProtocolError } from '@fieldline/bytes'
import { isWithin, pathIds, pathLevel, pathOf, rootPath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { badPayload } from '../errors.js'

/** Longest name looked at. */
const MAX_NAME = 256

/**
 * The path of a resolved SenML name. A missing leading slash and one trailing slash are forgiven; `/` and the empty name are the root. The
 * device's alternate path is taken off where it stands in front.
 */
export function pathFromName(name: string, alternatePath?: string): Path {
  const whole = name.startsWith('/') ? name : `/${name}`
  const own = alternatePath !== undefined && alternatePath !== '/' && whole.startsWith(`${alternatePath}/`)
  const text = own ? whole.slice(alternatePath.length) : whole
  if (text === '/') return rootPath
  const parts = (text.endsWith('/') ? text.slice(1, -1) : text.slice(1)).split('/', 5)
  if (
    name.length > MAX_NAME ||
    parts.length > 4 ||
    parts.some((part) => !/^(0|[1-9][0-9]{0,4})$/.test(part) || Number(part) > 65_535)
  ) {
    throw badPayload(`name "${name.slice(0, 60)}" is not a path of ids`)
  }
  return pathOf(...parts.map(Number))
}

/**
 * The path of a name that may be relative: absolute where that lies within the base, else below the base. LwM2M 1.0 JSON without a base name
 * leaves the choice open.
 */
export function pathFromRelativeName(name: string, base: Path, alternatePath?: string): Path {
  if (name === '') return base
  const absolute = pathFromName(name, alternatePath)
  if (name.startsWith('/') || isWithin(absolute, base) || pathLevel(base) + pathLevel(absolute) > 4)
    return absolute
  return pathOf(...pathIds(base), ...pathIds(absolute))
}

/**
 * The path of a base name and a name of LwM2M 1.0 JSON. Plain concatenation is the rule; clients that end the base name without a slash
 * (`/3303/0` and `5700`) are understood where the concatenation is no resource within the base and the joined path is one.
 */
export function pathFromBaseName(baseName: string, name: string, base: Path, alternatePath?: string): Path {
  const joinable = name !== '' && baseName !== '' && !baseName.endsWith('/') && !name.startsWith('/')
  if (joinable && pathLevel(base) > 0 && !isResourceWithin(baseName + name, base, alternatePath)) {
    const joined = `${baseName}/${name}`
    if (isResourceWithin(joined, base, alternatePath)) return pathFromName(joined, alternatePath)
  }
  return pathFromName(baseName + name, alternatePath)
}

function isResourceWithin(name: string, base: Path, alternatePath?: string): boolean {
  try {
    const path = pathFromName(name, alternatePath)
    return pathLevel(path) >= 3 && isWithin(path, base)
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
