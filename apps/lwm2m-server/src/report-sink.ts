import { toRow } from '@fieldline/store'
import type { ValueRow, ValueWriter } from '@fieldline/store'
import type { Report, ReportSink } from '@fieldline/lwm2m-server'

/** The report port of the LwM2M Server: values go into the group commit of the store. */
export class PostgresReportSink implements ReportSink {
  constructor(private readonly writer: ValueWriter) {}

  write({ registration, nodes, source, receivedAt }: Report): Promise<void> {
    const rows: ValueRow[] = []
    for (const node of nodes) {
      const row = toRow(node, registration, source, receivedAt)
      if (row) rows.push(row)
    }
    return this.writer.write(rows)
  }
}
