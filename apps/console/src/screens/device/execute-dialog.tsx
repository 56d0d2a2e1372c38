'use client'

import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import type { ObjectTreeResource } from '@fieldline/contracts'
import { useState, type FormEvent } from 'react'
import { hazardWords } from '@/words'
import { useRequests } from './requests'

function Form({ resource, close }: { resource: ObjectTreeResource; close: () => void }) {
  const { send } = useRequests()
  const [text, setText] = useState('')
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    const refused = await send({
      kind: 'execute',
      path: resource.path,
      ...(text === '' ? {} : { value: text }),
    })
    setBusy(false)
    if (refused === undefined) close()
    else setError(refused.detail)
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <Text size="sm">
          It runs at most once. {resource.hazard === undefined ? '' : `${hazardWords[resource.hazard]}.`}
        </Text>
        <TextInput
          label="Arguments"
          description="Usually none. Otherwise digits, each with an optional text: 0='a',1"
          value={text}
          error={error}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Close
          </Button>
          <Button type="submit" loading={busy} data-autofocus>
            Execute {resource.name}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export function ExecuteDialog({
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
      title={resource === undefined ? '' : `Execute ${resource.path} ${resource.name}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {resource === undefined ? null : <Form key={resource.path} resource={resource} close={close} />}
    </Modal>
  )
}
