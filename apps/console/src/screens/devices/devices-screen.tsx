'use client'

import { Badge, Button, Code, Group, Stack, Tabs, Text, Title } from '@mantine/core'
import { ProblemError } from '@fieldline/sdk'
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs'
import { useCallback } from 'react'
import { errorInWords } from '@/data/client'
import { useCandidates, useDevices, usePreview } from '@/data/queries'
import { Broken, Empty, Loading } from '@/parts/states'
import { Candidates } from './candidates'
import { DeviceTable } from './device-table'
import classes from './devices.module.css'
import { Facets } from './facets'
import { FilterField } from './filter-field'

const everything = 'endpoint:*'

function FirstRun() {
  return (
    <Empty title="No device yet">
      <Text size="sm">
        Start a simulated fleet with{' '}
        <Code>npm run simulate -- --meters 20 --server coap://127.0.0.1:5683</Code>
      </Text>
      <Text size="sm">
        or point a meter at <Code>coap://&lt;this host&gt;:5683</Code>. It appears here with its first
        Register.
      </Text>
    </Empty>
  )
}

function NoMatch({ clear }: { clear: () => void }) {
  return (
    <Empty title="No device matches this filter">
      <Text size="sm" c="dimmed">
        All tokens must hold. Remove one above, or start over.
      </Text>
      <Button variant="default" onClick={clear}>
        Clear the filter
      </Button>
    </Empty>
  )
}

/** Whether the API refused the filter itself. */
function badFilter(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.code === 'invalid-request'
}

function DeviceList() {
  const [q, setQ] = useQueryState('q', parseAsString.withDefault('').withOptions({ history: 'replace' }))
  const change = useCallback((next: string) => void setQ(next === '' ? null : next), [setQ])
  const list = useDevices(q)
  const preview = usePreview(q === '' ? everything : q, { refresh: 30_000 })
  const devices = list.data?.pages.flatMap((page) => page.items)
  const bad = badFilter(list.error) ? list.error : undefined
  const total = preview.isPlaceholderData || preview.isError ? undefined : preview.data?.total
  const { fetchNextPage, isFetchingNextPage } = list
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])

  let content
  if (bad === undefined && list.isError && devices === undefined)
    content = <Broken error={list.error} retry={() => void list.refetch()} />
  else if (bad !== undefined)
    content = (
      <Empty title="The filter is not understood">
        <Text size="sm">
          Tokens stand side by side and all must hold:{' '}
          <Code>vendor:Tarnwater fw:&lt;2.4.1 -status:silent</Code>
        </Text>
      </Empty>
    )
  else if (devices === undefined) content = <Loading lines={12} label="Loading devices" />
  else if (devices.length === 0 && !list.isPlaceholderData)
    content = q === '' ? <FirstRun /> : <NoMatch clear={() => change('')} />
  else
    content = (
      <>
        <DeviceTable devices={devices} total={total} hasMore={list.hasNextPage} loadMore={loadMore} />
        <div className={classes.foot}>
          <span role="status">
            {devices.length.toLocaleString('en-GB')} loaded
            {total === undefined ? '' : ` of ${total.toLocaleString('en-GB')}`}
            {list.isFetching ? ' · reading' : ''}
          </span>
          <span>By endpoint name. Times are yours; the site’s where it is known, in the tooltip.</span>
        </div>
      </>
    )
  return (
    <div className={classes.layout}>
      <Stack gap="xs">
        <FilterField q={q} onChange={change} facets={preview.data} error={bad && errorInWords(bad)} />
        <div>{content}</div>
      </Stack>
      {preview.data === undefined || bad !== undefined ? (
        <aside />
      ) : (
        <Facets q={q} onChange={change} preview={preview.data} />
      )}
    </div>
  )
}

export function DevicesScreen() {
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(['list', 'candidates']).withDefault('list'))
  const candidates = useCandidates()
  const waiting = candidates.data?.items.length ?? 0
  return (
    <Stack gap="xs">
      <Title order={1}>Devices</Title>
      <Tabs
        value={tab}
        onChange={(next) => void setTab(next === 'candidates' ? next : null)}
        keepMounted={false}
      >
        <Tabs.List mb="sm">
          <Tabs.Tab value="list">List</Tabs.Tab>
          <Tabs.Tab value="candidates">
            <Group gap={6}>
              Candidates
              {waiting === 0 ? null : (
                <Badge size="sm" variant="filled" circle={waiting < 10}>
                  {waiting}
                </Badge>
              )}
            </Group>
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="list">
          <DeviceList />
        </Tabs.Panel>
        <Tabs.Panel value="candidates">
          <Candidates />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}
