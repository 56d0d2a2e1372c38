'use client'

import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, spotlight } from '@mantine/spotlight'
import { IconDeviceRemote, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState, type KeyboardEvent } from 'react'
import { client } from '@/data/client'
import { quoted } from '@/screens/devices/filter-tokens'
import { statusOf } from '@/words'
import { deviceAddress, devicesAddress, screens } from './screens'

const mostDevices = 8

/** Devices by the beginning of their name (asked of the server) and screens. */
export function Palette() {
  const router = useRouter()
  const [query, setQuery] = useState('')
  const [prefix] = useDebouncedValue(query.trim(), 150)
  const found = useQuery({
    queryKey: ['palette', prefix],
    enabled: prefix !== '',
    queryFn: ({ signal }) =>
      client.call('listDevices', { query: { q: quoted(prefix), limit: mostDevices }, signal }),
  })
  const devices = prefix === '' ? [] : (found.data?.items ?? [])
  const wanted = query.trim().toLowerCase()
  // What stands first is what Enter opens: the offer to filter must not be first while devices are still on their way.
  const settled = wanted !== '' && prefix === query.trim() && !found.isFetching
  const matching = screens.filter(({ label }) => label.toLowerCase().includes(wanted))
  // Results arrive after the typing, when the component has nothing left to preselect: Enter then means what stands first.
  const openFirst = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || document.querySelector('[data-action][data-selected]') !== null) return
    const address = matching[0]?.address ?? (devices[0] && deviceAddress(devices[0].endpoint))
    if (address === undefined) return
    router.push(address)
    spotlight.close()
  }
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut="mod + K"
      clearQueryOnClose
      attributes={{ content: { 'aria-label': 'Find a device or a screen' } }}
      transitionProps={{ duration: 100 }}
    >
      <Spotlight.Search
        placeholder="Endpoint name or screen"
        aria-label="Find a device or a screen"
        onKeyDown={openFirst}
        leftSection={<IconSearch size={16} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {matching.length === 0 ? null : (
          <Spotlight.ActionsGroup label="Screens">
            {matching.map(({ label, address, icon: Icon }) => (
              <Spotlight.Action
                key={address}
                label={label}
                leftSection={<Icon size={18} aria-hidden />}
                onClick={() => router.push(address)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {devices.length === 0 ? null : (
          <Spotlight.ActionsGroup label="Devices">
            {devices.map((device) => (
              <Spotlight.Action
                key={device.endpoint}
                label={device.endpoint}
                description={[device.label, device.vendor, device.model, statusOf(device).word]
                  .filter(Boolean)
                  .join(' · ')}
                leftSection={<IconDeviceRemote size={18} aria-hidden />}
                onClick={() => router.push(deviceAddress(device.endpoint))}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {!settled ? null : (
          <Spotlight.Action
            label={`Filter devices by “${query.trim()}”`}
            leftSection={<IconSearch size={18} aria-hidden />}
            onClick={() => router.push(devicesAddress(query.trim()))}
          />
        )}
        {wanted !== '' && !settled && matching.length === 0 ? (
          <Spotlight.Empty>Searching</Spotlight.Empty>
        ) : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}
