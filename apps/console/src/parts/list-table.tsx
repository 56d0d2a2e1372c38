import { Table } from '@mantine/core'
import type { ReactNode } from 'react'

/** A table of a screen: its name for those who do not see it, its column titles, and rows of `Table.Tr`. */
export function ListTable({
  label,
  titles,
  spacing = 6,
  children,
}: {
  label: string
  titles: readonly string[]
  /** Pixels above and below a row's text. */
  spacing?: number
  children: ReactNode
}) {
  return (
    <Table verticalSpacing={spacing} aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          {titles.map((title) => (
            <Table.Th key={title}>{title}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>{children}</Table.Tbody>
    </Table>
  )
}
