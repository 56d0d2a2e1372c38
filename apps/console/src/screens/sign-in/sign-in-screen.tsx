'use client'

import { Alert, Box, Button, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { errorInWords } from '@/data/client'
import { BrandMark } from '@/shell/brand'
import { safeNext, signIn } from '@/shell/session'

export function SignInScreen() {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setError(undefined)
    try {
      await signIn(String(form.get('email')), String(form.get('password')))
      window.location.assign(safeNext(new URLSearchParams(window.location.search).get('next')))
    } catch (thrown) {
      setError(errorInWords(thrown))
      setBusy(false)
    }
  }

  return (
    <Box
      component="main"
      mih="100dvh"
      bg="var(--surface-sunken)"
      p="md"
      style={{ display: 'grid', placeItems: 'center' }}
    >
      <Paper p="lg" w="100%" maw={380} bg="var(--surface)">
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="sm">
            <Group gap={10}>
              <BrandMark size={28} />
              <Title order={1}>Sign in to Fieldline</Title>
            </Group>
            <TextInput
              label="E-mail"
              name="email"
              type="email"
              autoComplete="username"
              required
              autoFocus
              withAsterisk={false}
            />
            <PasswordInput
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
            />
            {error === undefined ? null : (
              <Alert role="alert" color="red" variant="outline">
                {error}
              </Alert>
            )}
            <Button type="submit" size="sm" loading={busy} mt={4}>
              Sign in
            </Button>
            <Text size="xs" c="dimmed">
              The first sign-in was printed by <code>npm start</code>; afterwards it stands in{' '}
              <code>credentials.json</code> in the data folder.
            </Text>
          </Stack>
        </form>
      </Paper>
    </Box>
  )
}
