import { IconDeviceRemote, IconLayoutDashboard, IconSpeakerphone, type Icon } from '@tabler/icons-react'

interface Screen {
  label: string
  address: string
  /** The second key after `g`. */
  key: string
  icon: Icon
}

/** The screens of the left rail, in order. The rail, the palette, the shortcuts and their sheet are drawn from this list. */
export const screens: readonly Screen[] = [
  { label: 'Overview', address: '/', key: 'o', icon: IconLayoutDashboard },
  { label: 'Devices', address: '/devices', key: 'd', icon: IconDeviceRemote },
  { label: 'Campaigns', address: '/campaigns', key: 'c', icon: IconSpeakerphone },
]

export function isWithin(screen: Screen, pathname: string): boolean {
  return screen.address === '/' ? pathname === '/' : pathname.startsWith(screen.address)
}

/** The address of a device's page: an endpoint name may hold any character. */
export function deviceAddress(endpoint: string, tab?: string): string {
  return `/devices/${encodeURIComponent(endpoint)}${tab === undefined ? '' : `?tab=${tab}`}`
}

/**
 * The endpoint name in the address. It is taken from the path as it stands there: the router's own parameter has been decoded once, or not,
 * depending on whether the name holds an encoded slash.
 */
export function endpointOf(pathname: string): string {
  const segment = pathname.replace(/^\/devices\//, '')
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    if (error instanceof URIError) return segment
    throw error
  }
}

export function devicesAddress(q: string): string {
  return q === '' ? '/devices' : `/devices?q=${encodeURIComponent(q)}`
}
