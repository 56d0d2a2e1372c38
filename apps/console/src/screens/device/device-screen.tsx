'use client'

import { Anchor, Badge, Button, Group, Paper, Stack, Tabs, Text } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { ProblemError } from '@fieldline/sdk'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useMemo } from 'react'
import { useFollow } from '@/data/live'
import { useDevice } from '@/data/queries'
import { Broken, Empty, Loading } from '@/parts/states'
import { endpointOf } from '@/shell/screens'
import { DeviceHeader } from './device-header'
import { HistoryTab } from './history-tab'
import { ObjectsTab } from './objects-tab'
import { OperationsTab } from './operations-tab'
import { RequestsProvider } from './requests'
import { SecurityTab } from './security-tab'
import { TimelineTab } from './timeline-tab'

const tabs = ['objects', 'history', 'operations', 'timeline', 'security'] as const

function Missing({ endpoint }: { endpoint: string }) {
  return (
    <Empty title="There is no such device">
      <Text size="sm">
        Nothing is known under the endpoint name <code>{endpoint}</code>.
      </Text>
      <Button component={Link} href="/devices" variant="default">
        All devices
      </Button>
    </Empty>
  )
}

export function DeviceScreen() {
  const endpoint = endpointOf(usePathname())
  useDocumentTitle(`${endpoint} · Fieldline`)
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('objects'))
  const query = useDevice(endpoint)
  useFollow(useMemo(() => [endpoint], [endpoint]))
  const device = query.data
  if (device === undefined) {
    if (query.error instanceof ProblemError && query.error.code === 'not-found')
      return <Missing endpoint={endpoint} />
    if (query.error !== null) return <Broken error={query.error} retry={() => void query.refetch()} />
    return <Loading lines={8} label="Loading the device" />
  }
  return (
    <Stack gap="sm">
      <Anchor component={Link} href="/devices" size="sm">
        ← Devices
      </Anchor>
      <DeviceHeader device={device} />
      <RequestsProvider endpoint={endpoint}>
        <Paper bg="var(--surface)">
          <Tabs
            value={tab}
            onChange={(next) => void setTab(tabs.find((known) => known === next) ?? null)}
            keepMounted={false}
          >
            <Tabs.List>
              <Tabs.Tab value="objects">Objects</Tabs.Tab>
              <Tabs.Tab value="history">History</Tabs.Tab>
              <Tabs.Tab value="operations">
                <Group gap={6}>
                  Operations
                  {device.pendingOperations === 0 ? null : (
                    <Badge size="sm" variant="filled" circle={device.pendingOperations < 10}>
                      {device.pendingOperations}
                    </Badge>
                  )}
                </Group>
              </Tabs.Tab>
              <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
              <Tabs.Tab value="security">Security</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="objects">
              <ObjectsTab endpoint={endpoint} />
            </Tabs.Panel>
            <Tabs.Panel value="history">
              <HistoryTab endpoint={endpoint} />
            </Tabs.Panel>
            <Tabs.Panel value="operations">
              <OperationsTab endpoint={endpoint} />
            </Tabs.Panel>
            <Tabs.Panel value="timeline">
              <TimelineTab endpoint={endpoint} timeZone={device.site?.timeZone} />
            </Tabs.Panel>
            <Tabs.Panel value="security">
              <SecurityTab device={device} />
            </Tabs.Panel>
          </Tabs>
        </Paper>
      </RequestsProvider>
    </Stack>
  )
}
