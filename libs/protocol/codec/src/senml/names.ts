import { ProtocolError } from '@fieldline/bytes'
import { isWithin, pathIds, pathLevel, pathOf, rootPath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { badPayload } from '../errors.js'

/** Longest name or base name looked at: both are joined for every record. */
export const MAX_NAME = 256
const MAX_LEVELS = 4
const MAX_ID = 65_535

const SLASH = 0x2f
const ZERO = 0x30

/** The ids of the name being read, and where reading began below a base name. Overwritten by every name. */
const ids = [0, 0, 0, 0]

/**
 * Reads ids separated by slashes from `at` to the end of the text into `ids`, from `level` on. A slash at the end is forgiven. The level reached, or
 * −1 where the text is no path: another character, a leading zero, an id above 65535, a fifth id.
 */
function readIds(text: string, at: number, level: number): number {
  const { length } = text
  while (at < length) {
    if (level === MAX_LEVELS) return -1
    let id = text.charCodeAt(at) - ZERO
    if (!(id >= 0 && id <= 9)) return -1
    for (at += 1; at < length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === SLASH) break
      const digit = code - ZERO
      if (!(digit >= 0 && digit <= 9) || id === 0) return -1
      id = id * 10 + digit
      if (id > MAX_ID) return -1
    }
    ids[level] = id
    level += 1
    at += 1
  }
  return level
}

function pathOfIds(level: number): Path {
  switch (level) {
    case 0:
      return rootPath
    case 1:
      return { objectId: ids[0]! }
    case 2:
      return { objectId: ids[0]!, instanceId: ids[1]! }
    case 3:
      return { objectId: ids[0]!, instanceId: ids[1]!, resourceId: ids[2]! }
    default:
      return { objectId: ids[0]!, instanceId: ids[1]!, resourceId: ids[2]!, resourceInstanceId: ids[3]! }
  }
}

/**
 * The path of a resolved SenML name. A missing leading slash and one trailing slash are forgiven; `/` and the empty name are the root. `root` (the
 * device's alternate path and gateway prefix) is taken off where it stands in front; with `rootWanted` it has to.
 */
function pathFromName(name: string, root = '', rootWanted = false): Path {
  if (name.length > MAX_NAME) throw noPath(name)
  const lead = name.charCodeAt(0) === SLASH ? 1 : 0
  const level = readIds(name, startOfIds(name, lead, root, rootWanted), 0)
  if (level < 0) throw noPath(name)
  return pathOfIds(level)
}

/** Where the ids begin, after the leading slash and the root. */
function startOfIds(name: string, lead: number, root: string, rootWanted: boolean): number {
  if (root === '') return lead
  const rooted = name.startsWith(lead === 1 ? root : root.slice(1))
  const after = root.length - 1 + lead
  if (rooted && name.charCodeAt(after) === SLASH) return after + 1
  // The root alone names everything below it.
  if (rooted && name.length === after) return after
  if (rootWanted) throw badPayload(`name "${name.slice(0, 60)}" lies outside ${root}`)
  return lead
}

function noPath(name: string): ProtocolError {
  return badPayload(`name "${name.slice(0, 60)}" is not a path of ids`)
}

/** Resolves the names of one pack: base name and name are joined by plain concatenation. @see RFC 8428 §4.5.1 */
export class NameResolver {
  readonly #root: string
  readonly #rootWanted: boolean
  #base = ''
  /** How many ids a base name that ends with a slash already says; −1 where the whole name has to be read. */
  #baseLevel = -1
  readonly #baseIds = [0, 0, 0]

  constructor(root: string, rootWanted: boolean) {
    this.#root = root
    this.#rootWanted = rootWanted
  }

  /** Sets the base name for this and all later records. */
  setBase(base: string): void {
    if (base.length > MAX_NAME) throw noPath(base)
    this.#base = base
    this.#baseLevel = -1
    if (!base.endsWith('/')) return
    const lead = base.charCodeAt(0) === SLASH ? 1 : 0
    // A root that is not there yet may still come with the name: then nothing is settled.
    if (this.#root !== '' && !base.startsWith(`${this.#root}/`)) return
    const level = readIds(base, startOfIds(base, lead, this.#root, this.#rootWanted), 0)
    if (level < 0 || level > this.#baseIds.length) return
    this.#baseLevel = level
    for (let index = 0; index < level; index++) this.#baseIds[index] = ids[index]!
  }

  /** The path of a record; 4.00 where base name and name together are none. */
  resolve(name: string): Path {
    if (this.#baseLevel < 0 || name === '')
      return pathFromName(this.#base + name, this.#root, this.#rootWanted)
    for (let index = 0; index < this.#baseLevel; index++) ids[index] = this.#baseIds[index]!
    const level = name.length > MAX_NAME ? -1 : readIds(name, 0, this.#baseLevel)
    if (level < 0) throw noPath(this.#base + name)
    return pathOfIds(level)
  }
}

/**
 * The path of a name that may be relative: absolute where that lies within the base, else below the base. LwM2M 1.0 JSON without a base name
 * leaves the choice open.
 */
export function pathFromRelativeName(name: string, base: Path, root?: string): Path {
  if (name === '') return base
  const absolute = pathFromName(name, root)
  if (name.startsWith('/') || isWithin(absolute, base) || pathLevel(base) + pathLevel(absolute) > MAX_LEVELS)
    return absolute
  return pathOf(...pathIds(base), ...pathIds(absolute))
}

/**
 * The path of a base name and a name of LwM2M 1.0 JSON. Plain concatenation is the rule; clients that end the base name without a slash
 * (`/3303/0` and `5700`) are understood where the concatenation is no resource within the base and the joined path is one.
 */
export function pathFromBaseName(baseName: string, name: string, base: Path, root?: string): Path {
  const joinable = name !== '' && baseName !== '' && !baseName.endsWith('/') && !name.startsWith('/')
  if (joinable && pathLevel(base) > 0 && !isResourceWithin(baseName + name, base, root)) {
    const joined = `${baseName}/${name}`
    if (isResourceWithin(joined, base, root)) return pathFromName(joined, root)
  }
  return pathFromName(baseName + name, root)
}

function isResourceWithin(name: string, base: Path, root?: string): boolean {
  try {
    const path = pathFromName(name, root)
    return pathLevel(path) >= 3 && isWithin(path, base)
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
