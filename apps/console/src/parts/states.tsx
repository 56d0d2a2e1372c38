'use client'

import { Alert, Button, Code, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconLockOff, IconPlugConnectedX } from '@tabler/icons-react'
import { ProblemError } from '@fieldline/sdk'
import { useEffect, useState, type ReactNode } from 'react'
import { errorInWords } from '@/data/client'

/** Nothing to show, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack gap={6} p="lg" align="flex-start">
      <Text fw={600}>{title}</Text>
      {children}
    </Stack>
  )
}

/** What went wrong, its code and request id, and a way to try again. Not permitted says which way to turn. */
export function Broken({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof ProblemError ? error : undefined
  const forbidden = problem?.code === 'forbidden'
  const Icon = forbidden ? IconLockOff : IconPlugConnectedX
  return (
    <Alert
      role="alert"
      variant="outline"
      color={forbidden ? 'gray' : 'red'}
      title={forbidden ? 'Not permitted' : (problem?.title ?? 'Something failed')}
      icon={<Icon size={18} aria-hidden />}
      m="xs"
    >
      <Stack gap={8} align="flex-start">
        <Text size="sm">{errorInWords(error)}</Text>
        {forbidden ? (
          <Text size="sm">An administrator of your organisation can grant it.</Text>
        ) : (
          <Group gap="xs">
            {retry === undefined ? null : (
              <Button variant="default" onClick={retry}>
                Try again
              </Button>
            )}
            {problem === undefined ? null : (
              <Text size="xs" c="dimmed">
                <Code>{problem.code}</Code>
                {problem.requestId === undefined || problem.requestId === '' ? null : (
                  <>
                    {' '}
                    request <Code>{problem.requestId}</Code>
                  </>
                )}
              </Text>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  )
}

/** Lines in the place of what is coming, after 300 ms: a quick answer does not flicker. */
export function Loading({ lines = 4, label = 'Loading' }: { lines?: number; label?: string }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 300)
    return () => clearTimeout(timer)
  }, [])
  return (
    <Stack gap={10} p="md" role="status" aria-label={label} mih={lines * 22}>
      {shown ? Array.from({ length: lines }, (_none, line) => <Skeleton key={line} height={12} />) : null}
    </Stack>
  )
}

interface Query<T> {
  data: T | undefined
  error: unknown
  refetch: () => unknown
}

/** The content of a query: the data even when a later reading failed, else the failure, else the wait for it. */
export function Loaded<T>({
  query,
  lines,
  children,
}: {
  query: Query<T>
  lines?: number
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error !== null && query.error !== undefined)
    return <Broken error={query.error} retry={() => void query.refetch()} />
  return <Loading lines={lines} />
}
