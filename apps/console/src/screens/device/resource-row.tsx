'use client'

import { ActionIcon, Button, CopyButton, Group, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy, IconEye } from '@tabler/icons-react'
import type { ObjectTreeResource, Operation, OperationKind } from '@fieldline/contracts'
import { useNow } from '@/data/use-now'
import { glyphOf } from '@/parts/status-glyph'
import { toneColor } from '@/theme'
import { hazardWords, operationVerbs, operationWords } from '@/words'
import classes from './device.module.css'
import { isPending, operationInWords, Outcome, Refusal } from './outcome'
import { requestKey, useRequests } from './requests'
import { ResourceValue } from './resource-value'

interface ButtonProps {
  kind: OperationKind
  resource: ObjectTreeResource
  label: string
  onPress?: () => void
}

/** One request of one resource. Its glyph is its own last outcome; the words stand in its tooltip and below the row. */
function RequestButton({ kind, resource, label, onPress }: ButtonProps) {
  const { send, latest, sending } = useRequests()
  const now = useNow()
  const key = requestKey(kind, resource.path)
  const last = latest.get(key)
  const Glyph = last === undefined ? undefined : glyphOf(last.state)
  const hint = [
    last === undefined ? undefined : `Last: ${operationInWords(last, now)}`,
    resource.hazard === undefined || kind === 'observe' ? undefined : hazardWords[resource.hazard],
  ].filter((line) => line !== undefined)
  return (
    <Tooltip label={hint.join('. ')} disabled={hint.length === 0}>
      <Button
        size="compact-xs"
        variant="default"
        loading={sending.has(key)}
        aria-label={`${operationVerbs[kind]} ${resource.path} ${resource.name}`}
        leftSection={
          Glyph === undefined || last === undefined ? null : (
            <Glyph size={12} aria-hidden style={{ color: toneColor(operationWords[last.state].tone) }} />
          )
        }
        onClick={onPress ?? (() => void send({ kind, path: resource.path }))}
      >
        {label}
      </Button>
    </Tooltip>
  )
}

const kinds: readonly OperationKind[] = ['read', 'write', 'execute', 'observe', 'cancel-observe']

/** Shown in words below the row: what is under way, and the newest of what is over. */
function outcomesOf(resource: ObjectTreeResource, latest: Map<string, Operation>): Operation[] {
  const all = kinds
    .map((kind) => latest.get(requestKey(kind, resource.path)))
    .filter((operation) => operation !== undefined)
    .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
  const newest = all.find((operation) => !isPending(operation))
  return all.filter((operation) => isPending(operation) || operation === newest)
}

interface RowProps {
  resource: ObjectTreeResource
  write: (resource: ObjectTreeResource) => void
  execute: (resource: ObjectTreeResource) => void
}

export function ResourceRow({ resource, write, execute }: RowProps) {
  const { latest, refusals } = useRequests()
  const { operations, path, name, absent, observed } = resource
  const offered = absent?.code !== 'not-offered'
  const readable = operations.includes('R')
  const outcomes = outcomesOf(resource, latest)
  const refused = kinds
    .map((kind) => refusals[requestKey(kind, path)])
    .filter((problem) => problem !== undefined)
  return (
    <tr className={classes.resource} data-offered={offered}>
      <td className={classes.path}>
        <span className="mono">{path}</span>
        <CopyButton value={path}>
          {({ copied, copy }) => (
            <ActionIcon
              size={24}
              variant="subtle"
              color="gray"
              onClick={copy}
              aria-label={`Copy ${path}`}
              className={classes.copy}
            >
              {copied ? <IconCheck size={13} aria-hidden /> : <IconCopy size={13} aria-hidden />}
            </ActionIcon>
          )}
        </CopyButton>
      </td>
      <td>
        <span className={classes.name}>
          {name}
          {observed ? (
            <Tooltip label="Observed: the device reports it by itself">
              <span className={classes.observed}>
                <IconEye size={13} aria-hidden /> observed
              </span>
            </Tooltip>
          ) : null}
          {resource.hazard === undefined ? null : (
            <span className={classes.hazard} title={hazardWords[resource.hazard]}>
              {resource.hazard.replaceAll('-', ' ')}
            </span>
          )}
        </span>
        {outcomes.map((operation) => (
          <Outcome key={operation.id} operation={operation} />
        ))}
        {refused.map((problem) => (
          <Refusal key={problem.detail} problem={problem} />
        ))}
      </td>
      <td>
        <ResourceValue resource={resource} />
      </td>
      <td className={classes.ops} title="R read, W write, E execute">
        <span className="mono">{operations === '' ? '—' : operations}</span>
      </td>
      <td>
        <Group gap={4} wrap="nowrap" justify="flex-end">
          {readable ? <RequestButton kind="read" resource={resource} label="Read" /> : null}
          {operations.includes('W') ? (
            <RequestButton kind="write" resource={resource} label="Write…" onPress={() => write(resource)} />
          ) : null}
          {operations.includes('E') ? (
            <RequestButton
              kind="execute"
              resource={resource}
              label="Execute…"
              onPress={() => execute(resource)}
            />
          ) : null}
          {!readable ? null : observed ? (
            <RequestButton kind="cancel-observe" resource={resource} label="Stop" />
          ) : (
            <RequestButton kind="observe" resource={resource} label="Observe" />
          )}
        </Group>
      </td>
    </tr>
  )
}
