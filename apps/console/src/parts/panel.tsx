import { Group, Paper, Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'

/** A titled part of a screen: a region by its own name. */
export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <Paper component="section" aria-labelledby={id} bg="var(--surface)">
      <Group
        justify="space-between"
        px="md"
        py={8}
        mih={44}
        style={{ borderBottom: '1px solid var(--line)' }}
      >
        <Title order={2} id={id}>
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </Paper>
  )
}
