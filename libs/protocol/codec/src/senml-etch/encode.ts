import { formatPath, pathLevel, rootPath } from '@fieldline/object-model'
import type { Node, Path } from '@fieldline/object-model'
import { CborWriter } from '../cbor/write.js'
import { checkNodes, withOneZero } from '../check.js'
import { ContentFormat } from '../content-format.js'
import { nameRoot } from '../context.js'
import type { EncodeContext } from '../context.js'
import { writeJsonObject } from '../json/write.js'
import { encodeLwM2mCbor } from '../lwm2m-cbor/encode.js'
import { encodeSenmlCbor } from '../senml-cbor/encode.js'
import { label } from '../senml-cbor/labels.js'
import { encodeSenmlJson } from '../senml-json/encode.js'
import type { Change, Removal } from '../senml/records.js'
import { toUtf8 } from '../utf8.js'

/** What encoding the body of a composite operation needs: its paths are absolute, so it has no base. */
export type CompositeEncodeContext = Omit<EncodeContext, 'base'>

/**
 * The body of a Read-Composite or Observe-Composite: each path as a full name, in the order given. Throws `RangeError` on a path twice, or a format
 * that cannot list paths.
 */
export function encodePaths(
  format: number,
  paths: readonly Path[],
  context: Pick<EncodeContext, 'alternatePath' | 'gatewayPrefix'> = {},
): Uint8Array {
  const root = nameRoot({ ...context, base: rootPath, definitions: () => undefined })
  const names = paths.map((path) => root + formatPath(path))
  if (new Set(names).size !== names.length) throw new RangeError('a path is listed twice')
  switch (format) {
    case ContentFormat.SenmlJson:
    case ContentFormat.SenmlEtchJson:
      return toUtf8(`[${names.map((name) => writeJsonObject([['n', name]])).join(',')}]`)
    case ContentFormat.SenmlCbor:
    case ContentFormat.SenmlEtchCbor: {
      const writer = new CborWriter()
      writer.array(names.length)
      for (const name of names) writer.map(1).integer(label.n).text(name)
      return writer.finish()
    }
    default:
      throw new RangeError(`format ${format} cannot list paths`)
  }
}

/**
 * The body of a Write-Composite. Removals of resource instances need a SenML-ETCH format. Throws `RangeError` in words as `encode` does, on a path
 * twice, and on what the format cannot say.
 */
export function encodeChanges(
  format: number,
  given: readonly Change[],
  context: CompositeEncodeContext,
): Uint8Array {
  const changes = given.map((change) => ('removed' in change ? change : withOneZero(change)))
  const whole: EncodeContext = { ...context, base: rootPath }
  const nodes = changes.filter((change): change is Node => !('removed' in change))
  checkNodes(nodes, whole)
  if (new Set(changes.map(({ path }) => formatPath(path))).size !== changes.length)
    throw new RangeError('a path is changed twice')
  switch (format) {
    case ContentFormat.SenmlEtchJson:
    case ContentFormat.SenmlEtchCbor: {
      for (const change of changes) checkChange(change)
      return format === ContentFormat.SenmlEtchJson
        ? encodeSenmlJson(changes, whole)
        : encodeSenmlCbor(changes, whole)
    }
    case ContentFormat.SenmlJson:
      return encodeSenmlJson(withoutRemovals(changes, nodes), whole)
    case ContentFormat.SenmlCbor:
      return encodeSenmlCbor(withoutRemovals(changes, nodes), whole)
    case ContentFormat.LwM2mCbor:
      return encodeLwM2mCbor(withoutRemovals(changes, nodes), whole)
    default:
      throw new RangeError(`format ${format} cannot carry a composite write`)
  }
}

function checkChange(change: Change): void {
  if ('removed' in change) {
    if (pathLevel(change.path) < 4)
      throw new RangeError(`${formatPath(change.path)}: only resource instances can be removed`)
  } else if (change.type === 'none') {
    // A null would be read as a removal.
    throw new RangeError(`${formatPath(change.path)} has no value to write`)
  }
}

function withoutRemovals(changes: readonly Change[], nodes: readonly Node[]): readonly Node[] {
  const removal = changes.find((change): change is Removal => 'removed' in change)
  if (removal) throw new RangeError(`${formatPath(removal.path)}: only SenML-ETCH can remove`)
  return nodes
}
