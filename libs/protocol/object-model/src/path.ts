/**
 * Where something lives in a device's data: root, object, object instance, resource or resource instance. A level is present only when the
 * levels above it are.
 * @see LwM2M Core 1.2 §6.1
 */
export interface Path {
  readonly objectId?: number
  readonly instanceId?: number
  readonly resourceId?: number
  readonly resourceInstanceId?: number
}

/** The path that names everything. */
export const rootPath: Path = Object.freeze({})

/** Highest id of any level; as an instance id it means "none yet". */
const MAX_ID = 65_535
const MAX_LEVELS = 4

/** A path of up to four ids, from the top. Throws `RangeError` on more, or on an id outside 0..65535. */
export function pathOf(...ids: readonly number[]): Path {
  if (ids.length > MAX_LEVELS)
    throw new RangeError(`a path has at most ${MAX_LEVELS} ids, this one has ${ids.length}`)
  for (const id of ids) {
    if (!Number.isInteger(id) || id < 0 || id > MAX_ID)
      throw new RangeError(`an id lies in 0..65535, not ${id}`)
  }
  switch (ids.length) {
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

/** The ids of a path from the top; empty for the root. */
export function pathIds(path: Path): number[] {
  const ids: number[] = []
  for (const id of [path.objectId, path.instanceId, path.resourceId, path.resourceInstanceId]) {
    if (id === undefined) break
    ids.push(id)
  }
  return ids
}

/** How many ids a path has: 0 root, 1 object, 2 object instance, 3 resource, 4 resource instance. */
export function pathLevel(path: Path): 0 | 1 | 2 | 3 | 4 {
  if (path.objectId === undefined) return 0
  if (path.instanceId === undefined) return 1
  if (path.resourceId === undefined) return 2
  return path.resourceInstanceId === undefined ? 3 : 4
}

/**
 * Reads `/3/0/9`; `/` is the root. Throws `RangeError` in words on a missing or trailing slash, a leading zero, an id above 65535 or more
 * than four ids.
 */
export function parsePath(text: string): Path {
  if (text === '/') return rootPath
  if (!text.startsWith('/'))
    throw new RangeError(`a path starts with "/", like /3/0/9; this one is "${clip(text)}"`)
  const parts = text.slice(1).split('/', MAX_LEVELS + 1)
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,4})$/.test(part)) {
      throw new RangeError(
        `a path is made of ids 0..65535, like /3/0/9; "${clip(part)}" in "${clip(text)}" is none`,
      )
    }
  }
  return pathOf(...parts.map(Number))
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** `/3/0/9`; `/` for the root. */
export function formatPath(path: Path): string {
  if (path.objectId === undefined) return '/'
  let text = `/${path.objectId}`
  if (path.instanceId === undefined) return text
  text += `/${path.instanceId}`
  if (path.resourceId === undefined) return text
  text += `/${path.resourceId}`
  return path.resourceInstanceId === undefined ? text : `${text}/${path.resourceInstanceId}`
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: Path, ancestor: Path): boolean {
  return (
    (ancestor.objectId === undefined || ancestor.objectId === path.objectId) &&
    (ancestor.instanceId === undefined || ancestor.instanceId === path.instanceId) &&
    (ancestor.resourceId === undefined || ancestor.resourceId === path.resourceId) &&
    (ancestor.resourceInstanceId === undefined || ancestor.resourceInstanceId === path.resourceInstanceId)
  )
}

/** `path` with more ids below it. Throws `RangeError` as `pathOf` does. */
export function joinPath(path: Path, ...ids: readonly number[]): Path {
  return pathOf(...pathIds(path), ...ids)
}

/** The path one level up; the root is its own parent. */
export function parentPath(path: Path): Path {
  return pathOf(...pathIds(path).slice(0, -1))
}

/** The resource a resource instance belongs to; any other path as it is. */
export function resourcePath(path: Path): Path {
  return path.resourceInstanceId === undefined ? path : parentPath(path)
}

/** Orders paths by their ids, an ancestor before what lies below it. */
export function comparePaths(a: Path, b: Path): number {
  return (
    (a.objectId ?? -1) - (b.objectId ?? -1) ||
    (a.instanceId ?? -1) - (b.instanceId ?? -1) ||
    (a.resourceId ?? -1) - (b.resourceId ?? -1) ||
    (a.resourceInstanceId ?? -1) - (b.resourceInstanceId ?? -1)
  )
}

/** Whether two paths name the same thing. */
export function samePath(a: Path, b: Path): boolean {
  return comparePaths(a, b) === 0
}
