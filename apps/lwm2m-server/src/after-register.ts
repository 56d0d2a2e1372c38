import { firstReads, planFor } from '@fieldline/devices'
import type { ObjectLink } from '@fieldline/devices'
import { formatPath, parsePath } from '@fieldline/object-model'
import type { AfterRegister, Registration } from '@fieldline/lwm2m-server'

/** What a device is asked after each Register: who it is, then the default observation plan for the objects it has. */
export function afterRegister(
  registration: Registration,
  scaling: { readonly timeScale: number; readonly timeScaleFor: readonly string[] },
): AfterRegister {
  const { endpoint } = registration
  const isScaled =
    scaling.timeScaleFor.length === 0 || scaling.timeScaleFor.some((prefix) => endpoint.startsWith(prefix))
  const timeScale = isScaled ? scaling.timeScale : 1
  const links = registration.objectLinks.instances.map(({ objectId, instanceId }): ObjectLink => ({
    path: formatPath({ objectId, instanceId }),
    version: registration.objectLinks.versions.get(objectId),
  }))
  const definition = (objectId: number): ReturnType<Registration['definitions']> =>
    registration.definitions(objectId)
  return {
    reads: firstReads(links).map(parsePath),
    observations: planFor(links, { timeScale, definition }).map(({ path, pmin, pmax }) => ({
      path: parsePath(path),
      pmin,
      pmax,
    })),
  }
}
