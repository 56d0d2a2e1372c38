import { Button, Group, Modal, Stack } from '@mantine/core'
import type { CreateOperation } from '@fieldline/contracts'
import { useEffect, useState } from 'react'
import { operationVerbs } from '@/words'
import { TypedName } from './typed-name'

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

/** Asks for the name of the device before a dangerous request goes on. */
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
          <TypedName
            endpoint={endpoint}
            danger={asked === undefined ? '' : inDialog(asked.reason)}
            typed={typed}
            change={setTyped}
            isFirst
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
