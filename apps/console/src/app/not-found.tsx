import { Anchor, Stack, Text, Title } from '@mantine/core'

export default function NotFound() {
  return (
    <Stack p="xl" gap="xs" component="main">
      <Title order={1}>There is no such page</Title>
      <Text>
        Go to the <Anchor href="/">overview</Anchor> or to the <Anchor href="/devices">devices</Anchor>.
      </Text>
    </Stack>
  )
}
