import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { client, errorInWords } from '@/data/client'
import { keys } from '@/data/keys'
import { TypedName } from './typed-name'

interface Props {
  endpoint: string
  asked: 'set' | 'remove' | undefined
  hasKey: boolean
  /** With a key or without: what is done here ends it. */
  isRegistered: boolean
  close: () => void
}

const dangers = {
  set: 'The device must hold this key already: without it, it cannot come back. Its registration ends now.',
  remove:
    'The device may come without security from now on: who can write to its network can speak in its name.',
}

function Form({ endpoint, asked, hasKey, isRegistered, close }: Props & { asked: 'set' | 'remove' }) {
  const [identity, setIdentity] = useState(endpoint)
  const [key, setKey] = useState('')
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const queries = useQueryClient()
  const isDangerous = hasKey || isRegistered
  const confirmed = !isDangerous || typed === endpoint
  const hex = key.replace(/[\s:]/g, '')

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!confirmed) return
    setBusy(true)
    setWrong(undefined)
    try {
      const psk = asked === 'remove' ? null : { identity, key: hex }
      await client.call('updateDevice', { params: { endpoint }, body: { psk } })
      void queries.invalidateQueries({ queryKey: keys.device(endpoint) })
      close()
    } catch (error) {
      setWrong(errorInWords(error))
      setBusy(false)
    }
  }
  return (
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
        {isDangerous ? (
          <TypedName
            endpoint={endpoint}
            danger={dangers[asked]}
            typed={typed}
            change={setTyped}
            isFirst={asked === 'remove'}
          />
        ) : null}
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
  )
}

/** Sets, replaces or removes the pre-shared key of a device. Where that ends something, the name of the device has to be typed. */
export function KeyDialog(props: Props) {
  const { asked, hasKey, close } = props
  return (
    <Modal
      opened={asked !== undefined}
      onClose={close}
      title={asked === 'remove' ? 'Remove the key' : hasKey ? 'Replace the key' : 'Set a key'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {asked === undefined ? null : <Form {...props} asked={asked} />}
    </Modal>
  )
}
