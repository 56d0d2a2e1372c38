'use client'

import { Button, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Operation } from '@fieldline/contracts'
import type { ProblemError } from '@fieldline/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, errorInWords } from '@/data/client'
import { keys } from '@/data/keys'
import { useNow } from '@/data/use-now'
import { Moment } from '@/parts/moment'
import { glyphOf } from '@/parts/status-glyph'
import { toneColor } from '@/theme'
import { operationVerbs, operationWords } from '@/words'
import classes from './device.module.css'
import { operationInWords } from './operation-words'

export function isPending(operation: Operation): boolean {
  return operation.state === 'queued' || operation.state === 'sent'
}

/** Takes an operation back that has not left yet. */
export function CancelButton({ operation }: { operation: Operation }) {
  const cache = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => client.call('cancelOperation', { params: { id: operation.id } }),
    onError: (error) =>
      notifications.show({ color: 'red', title: 'Not cancelled', message: errorInWords(error) }),
    onSettled: () => cache.invalidateQueries({ queryKey: keys.operations(operation.endpoint) }),
  })
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={cancel.isPending}
      onClick={() => cancel.mutate()}
      aria-label={`Cancel ${operationVerbs[operation.kind]} ${operation.path}`}
    >
      Cancel
    </Button>
  )
}

function written(operation: Operation): string {
  if (operation.value === undefined) return ''
  return ` ${typeof operation.value === 'object' ? JSON.stringify(operation.value) : String(operation.value)}`
}

/** What became of the last press of one button. */
export function Outcome({ operation }: { operation: Operation }) {
  const now = useNow()
  const { tone, meaning } = operationWords[operation.state]
  const Glyph = glyphOf(operation.state)
  return (
    <div className={classes.outcome}>
      <span style={{ color: toneColor(tone) }} className={classes.outcomeWord} title={meaning}>
        <Glyph size={13} aria-hidden />
        <span>
          {operationVerbs[operation.kind]}
          {written(operation)}: {operationInWords(operation, now)}
        </span>
      </span>
      {operation.state === 'queued' ? <CancelButton operation={operation} /> : null}
      <Text span size="xs" c="dimmed">
        <Moment at={operation.finishedAt ?? operation.sentAt ?? operation.createdAt} />
      </Text>
    </div>
  )
}

/** What the API would not even send, in its words. */
export function Refusal({ problem }: { problem: ProblemError }) {
  const Glyph = glyphOf('failed')
  return (
    <div className={classes.outcome} role="alert">
      <span style={{ color: toneColor('failing') }} className={classes.outcomeWord}>
        <Glyph size={13} aria-hidden />
        <span>{problem.detail}</span>
      </span>
    </div>
  )
}
