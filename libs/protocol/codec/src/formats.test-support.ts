import { definitionsOf, firstDefinition, parsePath, registryDefinitions } from '@fieldline/object-model'
import type { ObjectDefinition, ResourceType } from '@fieldline/object-model'
import type { DecodeContext } from './index.js'

export const NOW = 1_700_000_000_000

/** Objects the examples use and the registry does not have. */
function invented(
  id: number,
  resources: Record<number, [ResourceType, multiple?: boolean]>,
): ObjectDefinition {
  return {
    id,
    name: `Example ${id}`,
    version: '1.0',
    lwm2mVersion: '1.0',
    urn: `urn:oma:lwm2m:x:${id}`,
    multiple: true,
    mandatory: false,
    resources: new Map(
      Object.entries(resources).map(([key, [type, multiple = false]]) => [
        Number(key),
        {
          id: Number(key),
          name: `R${key}`,
          operations: 'RW',
          multiple,
          mandatory: false,
          type,
          range: '',
          units: '',
        },
      ]),
    ),
  }
}

export const definitions = firstDefinition(
  definitionsOf([
    invented(65, { 0: ['objlnk', true], 1: ['string'], 2: ['integer'] }),
    invented(66, { 0: ['string'], 1: ['string'], 2: ['objlnk'] }),
    invented(67, { 0: ['string'], 1: ['string'] }),
  ]),
  registryDefinitions,
)
/** A context at a path, with the registry and the invented objects. */
export const contextAt = (base: string): DecodeContext => ({
  base: parsePath(base),
  definitions,
  now: NOW,
  alternatePath: '/lwm2m',
})
