import type { RouteName, routes } from '@fieldline/contracts'

type Address<N extends RouteName> = Pick<(typeof routes)[N], 'method' | 'path'>

/**
 * Method and path of every route, without the schemas of the table in contracts: those would bring a validator of 40 kB into every browser.
 * The compiler holds both tables together, to the letter.
 */
export const addresses: { [N in RouteName]: Address<N> } = {
  health: { method: 'get', path: '/v1/health' },
  openApi: { method: 'get', path: '/v1/openapi.json' },
  listDevices: { method: 'get', path: '/v1/devices' },
  createDevice: { method: 'post', path: '/v1/devices' },
  getDevice: { method: 'get', path: '/v1/devices/{endpoint}' },
  updateDevice: { method: 'patch', path: '/v1/devices/{endpoint}' },
  deleteDevice: { method: 'delete', path: '/v1/devices/{endpoint}' },
  getObjects: { method: 'get', path: '/v1/devices/{endpoint}/objects' },
  listValues: { method: 'get', path: '/v1/devices/{endpoint}/values' },
  listTimeline: { method: 'get', path: '/v1/devices/{endpoint}/timeline' },
  listOperations: { method: 'get', path: '/v1/devices/{endpoint}/operations' },
  createOperation: { method: 'post', path: '/v1/devices/{endpoint}/operations' },
  getOperation: { method: 'get', path: '/v1/operations/{id}' },
  cancelOperation: { method: 'post', path: '/v1/operations/{id}/cancel' },
  listCandidates: { method: 'get', path: '/v1/candidates' },
  previewAudience: { method: 'post', path: '/v1/audiences/preview' },
  listCampaigns: { method: 'get', path: '/v1/campaigns' },
  createCampaign: { method: 'post', path: '/v1/campaigns' },
  getCampaign: { method: 'get', path: '/v1/campaigns/{id}' },
  listTasks: { method: 'get', path: '/v1/campaigns/{id}/tasks' },
  startCampaign: { method: 'post', path: '/v1/campaigns/{id}/start' },
  pauseCampaign: { method: 'post', path: '/v1/campaigns/{id}/pause' },
  resumeCampaign: { method: 'post', path: '/v1/campaigns/{id}/resume' },
  abortCampaign: { method: 'post', path: '/v1/campaigns/{id}/abort' },
  live: { method: 'get', path: '/v1/live' },
}

/** The path of a route with its parameters filled in and encoded: an endpoint name may hold `:`, `/` and any other character. */
export function pathOf(name: RouteName, params: Readonly<Record<string, string>> = {}): string {
  return addresses[name].path.replace(/\{(\w+)\}/g, (_all, key: string) => {
    const value = params[key]
    if (value === undefined) throw new RangeError(`route ${name} needs the parameter ${key}`)
    return encodeURIComponent(value)
  })
}
