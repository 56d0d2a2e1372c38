import { Alert, Button, Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { CreateOperation } from '@fieldline/contracts'
import { useEffect, useState } from 'react'
import { operationVerbs } from '@/words'

interface Props {
  endpoint: string
  asked: { request: CreateOperation; reason: string } | undefined
  close: () => void
  confirm: (request: CreateOperation) => Promise<unknown>
}

/** The API's words without its last sentence, which tells a program what to send; here the field below asks for it. */
function inDialog(reason: string): string {
  return reason.replace(/ To go on, give .* as "confirm"\.$/s, '')
}

/** A dangerous request goes on only when the name of the device is typed: nobody does that by accident, or to the wrong device. */
export function ConfirmDialog({ endpoint, asked, close, confirm }: Props) {
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  useEffect(() => setTyped(''), [asked])
  const verb = asked === undefined ? '' : operationVerbs[asked.request.kind]
  const go = async () => {
    if (asked === undefined || typed !== endpoint) return
    setBusy(true)
    await confirm(asked.request)
    setBusy(false)
  }
  return (
    <Modal
      opened={asked !== undefined}
      onClose={close}
      title={`Confirm: ${verb} ${asked?.request.path ?? ''}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void go()
        }}
      >
        <Stack gap="sm">
          <Alert color="orange" variant="outline" icon={<IconAlertTriangle size={18} aria-hidden />}>
            <Text size="sm">{asked === undefined ? '' : inDialog(asked.reason)}</Text>
          </Alert>
          <TextInput
            label="Type the endpoint name to go on"
            description={<Code style={{ overflowWrap: 'anywhere' }}>{endpoint}</Code>}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
            autoComplete="off"
            spellCheck={false}
            classNames={{ input: 'mono' }}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Keep things as they are
            </Button>
            <Button type="submit" color="red" disabled={typed !== endpoint} loading={busy}>
              {verb} {asked?.request.path}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
