import { formatPath, isWithin, pathLevel, typeMismatch } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import type { EncodeContext } from './context.js'

/** Instance id of an object instance that the client is to choose a number for. @see LwM2M Core 1.2 §6.3.6 */
export const NO_INSTANCE = 65_535

/**
 * Checks what is about to be encoded: every value fits its type and lies within the base, at a resource or below. Throws `RangeError` naming the
 * path: the caller's fault, nothing has been sent.
 */
export function checkNodes(nodes: readonly Node[], context: EncodeContext): void {
  for (const node of nodes) {
    const where = formatPath(node.path)
    if (pathLevel(node.path) < 3) throw new RangeError(`${where} names no resource and cannot carry a value`)
    if (!isWithin(node.path, context.base))
      throw new RangeError(`${where} lies outside ${formatPath(context.base)}`)
    const mismatch = typeMismatch(node.type, node.value)
    if (mismatch) throw new RangeError(`${where}: the value must be ${mismatch}`)
  }
}

/** The node, its zero without a sign in a type that knows one zero only: formats with floats would write the sign. */
export function withOneZero(node: Node): Node {
  return node.value === 0 && node.type !== 'float' && Object.is(node.value, -0) ? { ...node, value: 0 } : node
}

/** The one node a single-value format can carry. Throws `RangeError` when there are none or several. */
export function onlyNode(nodes: readonly Node[], format: string): Node {
  if (nodes.length !== 1) throw new RangeError(`${format} carries exactly one value, not ${nodes.length}`)
  return nodes[0]!
}

/** Nodes by object instance or by resource, in the order of their first appearance. */
export function groupBy(nodes: readonly Node[], key: (node: Node) => number): Map<number, Node[]> {
  const groups = new Map<number, Node[]>()
  for (const node of nodes) {
    const id = key(node)
    const members = groups.get(id)
    if (members) members.push(node)
    else groups.set(id, [node])
  }
  return groups
}

/**
 * What one resource consists of in a format without time series: its one value, or values of distinct resource instances. Throws `RangeError` when
 * a path has two values, or the resource a value beside its instances.
 */
export function singleOrInstances(members: readonly Node[], format: string): Node | undefined {
  const single = members.find((node) => node.path.resourceInstanceId === undefined)
  const ids = new Set(members.map((node) => node.path.resourceInstanceId))
  if (ids.size !== members.length || (single && members.length > 1))
    throw new RangeError(`${formatPath((single ?? members[0]!).path)}: ${format} carries one value at a path`)
  return single
}
