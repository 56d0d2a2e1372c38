import { Group, Kbd, Modal, Stack, Switch, Table, Text, Title } from '@mantine/core'
import { shortcuts } from './shortcuts'

interface Props {
  opened: boolean
  close: () => void
  singleKeys: boolean
  setSingleKeys: (on: boolean) => void
}

export function ShortcutSheet({ opened, close, singleKeys, setSingleKeys }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={close}
      title="Keyboard shortcuts"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        {shortcuts.map(({ group, items }) => (
          <div key={group}>
            <Title order={3} size="sm" mb={4}>
              {group}
            </Title>
            <Table withRowBorders={false} verticalSpacing={4}>
              <Table.Tbody>
                {items.map(({ keys, does, always }) => (
                  <Table.Tr key={does} style={{ opacity: singleKeys || always ? 1 : 0.6 }}>
                    <Table.Td>{does}</Table.Td>
                    <Table.Td>
                      <Group gap={4} justify="flex-end">
                        {keys.map((key) => (
                          <Kbd key={key}>{key}</Kbd>
                        ))}
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        ))}
        <Switch
          label="Single keys"
          description="Off: only shortcuts with Ctrl or ⌘ work"
          checked={singleKeys}
          onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        />
        <Text size="xs" c="dimmed">
          Single keys are never taken while you type.
        </Text>
      </Stack>
    </Modal>
  )
}
