'use client'

import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import type { ObjectTreeResource, Scalar, ValueType, WriteValue } from '@fieldline/contracts'
import { useState, type FormEvent } from 'react'
import { useRequests } from './requests'
import { ResourceValue } from './resource-value'
import { WriteField } from './write-field'
import { toField, toWire } from './write-value'

interface Entry {
  instance: string
  text: string
}

function entriesOf(resource: ObjectTreeResource, type: ValueType): Entry[] {
  if (!resource.multiple) return [{ instance: '', text: toField(type, resource.values[0]?.value) }]
  const known = resource.values.map((value) => ({
    instance: value.path.slice(resource.path.length + 1) || '0',
    text: toField(type, value.value),
  }))
  return known.length === 0 ? [{ instance: '0', text: toField(type, undefined) }] : known
}

/** The value to send, or the entry that is wrong and why. */
function outgoing(
  entries: Entry[],
  type: ValueType,
  multiple: boolean,
): { value: WriteValue } | { at: number; wrong: string } {
  const all: Record<string, Scalar> = {}
  for (const [at, { instance, text }] of entries.entries()) {
    const wire = toWire(type, text)
    if ('wrong' in wire) return { at, wrong: wire.wrong }
    if (!multiple) return { value: wire.value }
    if (!/^(0|[1-9]\d{0,4})$/.test(instance)) return { at, wrong: 'The instance is a number from 0 to 65534' }
    all[instance] = wire.value
  }
  return { value: all }
}

function Form({ resource, close }: { resource: ObjectTreeResource; close: () => void }) {
  const { send } = useRequests()
  const type = resource.type ?? 'string'
  const [entries, setEntries] = useState(() => entriesOf(resource, type))
  const [error, setError] = useState<{ at: number; wrong: string }>()
  const [busy, setBusy] = useState(false)

  const change = (at: number, part: Partial<Entry>) => {
    setError(undefined)
    setEntries((all) => all.with(at, { ...(all[at] as Entry), ...part }))
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const result = outgoing(entries, type, resource.multiple)
    if ('wrong' in result) return setError(result)
    setBusy(true)
    const refused = await send({ kind: 'write', path: resource.path, value: result.value })
    setBusy(false)
    if (refused === undefined) close()
    else setError({ at: 0, wrong: refused.detail })
  }

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack gap="sm">
        <div>
          <Text size="xs" c="dimmed">
            Reported by the device
          </Text>
          <ResourceValue resource={resource} />
        </div>
        {entries.map((entry, at) => (
          <Group key={at} align="flex-start" gap="xs" wrap="nowrap">
            {resource.multiple ? (
              <TextInput
                label="Instance"
                w={84}
                inputMode="numeric"
                value={entry.instance}
                onChange={(event) => change(at, { instance: event.currentTarget.value })}
              />
            ) : null}
            <div style={{ flex: 1 }}>
              <WriteField
                resource={resource}
                type={type}
                label="New value"
                value={entry.text}
                error={error?.at === at ? error.wrong : undefined}
                onChange={(text) => change(at, { text })}
              />
            </div>
          </Group>
        ))}
        {resource.multiple ? (
          <Button
            variant="subtle"
            style={{ alignSelf: 'flex-start' }}
            onClick={() =>
              setEntries((all) => [...all, { instance: String(all.length), text: toField(type, undefined) }])
            }
          >
            Add an instance
          </Button>
        ) : null}
        <Text size="xs" c="dimmed">
          The reported value stays until the device reports another. If it sleeps, the request waits for its
          next contact.
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Close
          </Button>
          <Button type="submit" loading={busy}>
            Write
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export function WriteDialog({
  resource,
  close,
}: {
  resource: ObjectTreeResource | undefined
  close: () => void
}) {
  return (
    <Modal
      opened={resource !== undefined}
      onClose={close}
      title={resource === undefined ? '' : `Write ${resource.path} ${resource.name}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {resource === undefined ? null : <Form key={resource.path} resource={resource} close={close} />}
    </Modal>
  )
}
