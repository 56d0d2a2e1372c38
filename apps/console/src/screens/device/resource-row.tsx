'use client'

import { ActionIcon, CopyButton, Group, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy, IconEye } from '@tabler/icons-react'
import type { ObjectTreeResource } from '@fieldline/contracts'
import { hazardWords } from '@/words'
import classes from './device.module.css'
import { Outcomes, RequestButton } from './request-button'
import { ResourceValue } from './resource-value'

interface RowProps {
  resource: ObjectTreeResource
  write: (resource: ObjectTreeResource) => void
  execute: (resource: ObjectTreeResource) => void
}

export function ResourceRow({ resource, write, execute }: RowProps) {
  const { operations, path, name, absent, observed } = resource
  const offered = absent?.code !== 'not-offered'
  const readable = operations.includes('R')
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
        <Outcomes path={path} />
      </td>
      <td>
        <ResourceValue resource={resource} />
      </td>
      <td className={classes.ops} title="R read, W write, E execute">
        <span className="mono">{operations === '' ? '—' : operations}</span>
      </td>
      <td>
        <Group gap={4} wrap="nowrap" justify="flex-end">
          {readable ? <RequestButton kind="read" of={resource} label="Read" /> : null}
          {operations.includes('W') ? (
            <RequestButton kind="write" of={resource} label="Write…" onPress={() => write(resource)} />
          ) : null}
          {operations.includes('E') ? (
            <RequestButton kind="execute" of={resource} label="Execute…" onPress={() => execute(resource)} />
          ) : null}
          {!readable ? null : observed ? (
            <RequestButton kind="cancel-observe" of={resource} label="Stop" />
          ) : (
            <RequestButton kind="observe" of={resource} label="Observe" />
          )}
        </Group>
      </td>
    </tr>
  )
}
