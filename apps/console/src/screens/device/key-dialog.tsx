import { Alert, Button, Code, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { client, errorInWords } from '@/data/client'
import { keys } from '@/data/keys'

interface Props {
  endpoint: string
  asked: 'set' | 'remove' | undefined
  /** The device has a key now: what is done here ends its session. */
  replaces: boolean
  close: () => void
}

const warnings = {
  set: 'The device must hold the new key already: with another one it cannot come back. Its session ends now.',
  remove:
    'The device may come without security from now on: who can write to its network can speak in its name.',
}

/** Sets, replaces or removes the pre-shared key of a device. To change one that is in use, its name has to be typed. */
export function KeyDialog({ endpoint, asked, replaces, close }: Props) {
  const [identity, setIdentity] = useState(endpoint)
  const [key, setKey] = useState('')
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const queries = useQueryClient()
  const confirmed = !replaces || typed === endpoint
  const hex = key.replace(/[\s:]/g, '')

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!confirmed) return
    setBusy(true)
    setWrong(undefined)
    try {
      const psk = asked === 'remove' ? null : { identity, key: hex }
      await client.call('updateDevice', { params: { endpoint }, body: { psk } })
      await queries.invalidateQueries({ queryKey: keys.device(endpoint) })
      close()
    } catch (error) {
      setWrong(errorInWords(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      opened={asked !== undefined}
      onClose={close}
      title={asked === 'remove' ? 'Remove the key' : replaces ? 'Replace the key' : 'Set a key'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="sm">
          {asked === 'remove' ? null : (
            <>
              <TextInput
                label="PSK identity"
                description="As the device sends it; often its endpoint name"
                value={identity}
                onChange={(event) => setIdentity(event.currentTarget.value)}
                autoComplete="off"
                spellCheck={false}
                classNames={{ input: 'mono' }}
              />
              <PasswordInput
                label="Key"
                description="16 to 64 bytes in hexadecimal. It is stored encrypted and never shown again."
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                autoComplete="new-password"
                spellCheck={false}
                data-autofocus
                visibilityToggleButtonProps={{ 'aria-label': 'Show what was typed' }}
              />
            </>
          )}
          {asked === undefined || !replaces ? null : (
            <>
              <Alert color="orange" variant="outline" icon={<IconAlertTriangle size={18} aria-hidden />}>
                <Text size="sm">{warnings[asked]}</Text>
              </Alert>
              <TextInput
                label="Type the endpoint name to go on"
                description={<Code style={{ overflowWrap: 'anywhere' }}>{endpoint}</Code>}
                value={typed}
                onChange={(event) => setTyped(event.currentTarget.value)}
                autoComplete="off"
                spellCheck={false}
                classNames={{ input: 'mono' }}
              />
            </>
          )}
          {wrong === undefined ? null : (
            <Text size="sm" c="red" role="alert">
              {wrong}
            </Text>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Keep things as they are
            </Button>
            <Button
              type="submit"
              color={asked === 'remove' ? 'red' : undefined}
              disabled={!confirmed || (asked === 'set' && (hex === '' || identity === ''))}
              loading={busy}
            >
              {asked === 'remove' ? 'Remove the key' : 'Store the key'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
