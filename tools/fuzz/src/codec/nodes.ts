import { pathOf, resourceTypes } from '@fieldline/object-model'
import type { Node, Path, ResourceType, ResourceValue } from '@fieldline/object-model'
import type { Chance } from '../chance.js'

const objects = [1, 3, 5, 65, 3303, 3435, 3441, 3442, 65_000]
const resources = [0, 1, 2, 6, 7, 9, 11, 13, 110, 120, 125, 130, 140, 150, 160, 170, 180, 5700]

/** A resource, or an instance of one, below a base. */
function pathWithin(base: Path, chance: Chance): Path {
  const {
    objectId = chance.pick(objects),
    instanceId = chance.int(3),
    resourceId = chance.pick(resources),
  } = base
  const { resourceInstanceId } = base
  if (resourceInstanceId !== undefined) return pathOf(objectId, instanceId, resourceId, resourceInstanceId)
  return chance.once(4)
    ? pathOf(objectId, instanceId, resourceId, chance.pick([0, 1, 300]))
    : pathOf(objectId, instanceId, resourceId)
}

const wholes = [
  0,
  1,
  -1,
  127,
  128,
  -129,
  32_768,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53 - 1,
  2n ** 53n,
  -(2n ** 63n),
  2n ** 63n - 1n,
  2n ** 64n - 1n,
]
const floats = [
  0,
  -0,
  1.5,
  0.1,
  -40.25,
  1e300,
  5e-324,
  NaN,
  Infinity,
  -Infinity,
  65_504,
  3.4028234663852886e38,
]
const texts = ['', 'U', 'Open Mobile Alliance', 'é€😀', '"quoted\\"', '\u0000\u001f', '\ud83d']

function valueOf(type: ResourceType, chance: Chance): ResourceValue {
  if (type !== 'corelnk' && chance.once(30)) return chance.pick([...wholes, ...floats, ...texts, true])
  switch (type) {
    case 'string':
      return chance.pick(texts)
    case 'corelnk':
      return chance.pick(['', '</1/0>', '</3>;ver=1.1,</3/0>;pmin=10'])
    case 'integer':
    case 'unsigned':
      return chance.pick(wholes)
    case 'float':
      return chance.pick(floats)
    case 'boolean':
      return chance.once(2)
    case 'opaque':
      return chance.bytes(chance.int(40))
    case 'time':
      return chance.pick([...wholes, 1_700_000_000, 1_700_000_000.5])
    case 'objlnk':
      return { objectId: chance.pick([0, 66, 65_535]), instanceId: chance.pick([0, 1, 65_535]) }
    case 'none':
      return ''
  }
}

/** Values of any kind below a base, mostly of the type their definition says; what a caller could pass to an encoder, wrong things included. */
export function anyNodes(
  base: Path,
  typeAt: (path: Path) => ResourceType | undefined,
  chance: Chance,
): Node[] {
  const time = chance.once(3) ? () => 1_700_000_000_000 + chance.int(10) * 60_000 : undefined
  return chance.some(0, 5, () => {
    const path = chance.once(40) ? pathOf(chance.pick(objects)) : pathWithin(base, chance)
    const type = chance.once(10) ? chance.pick(resourceTypes) : (typeAt(path) ?? chance.pick(resourceTypes))
    return { path, type, value: valueOf(type, chance), ...(time && { time: time() }) }
  })
}
