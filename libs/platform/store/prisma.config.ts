import { fileURLToPath } from 'node:url'
import { defineConfig } from 'prisma/config'

// Prisma's own schema engine is a binary fetched at run time; this one is made of installed packages alone. Set here because this file is
// read before the engine is looked up.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(
  new URL('../../../tools/dev/schema-engine.mjs', import.meta.url),
)
process.env.CHECKPOINT_DISABLE ??= '1'

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: {
    url: withoutPassword(process.env.DATABASE_URL ?? 'postgresql://fieldline@127.0.0.1:5432/fieldline'),
  },
})

/** The CLI hands the address to the engine on its command line, which every user of the machine can read: the password goes through the environment. */
function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return text // Prisma says what is wrong with it
  const url = new URL(text)
  if (url.password === '') return text
  process.env.PGPASSWORD = decodeURIComponent(url.password)
  url.password = ''
  return url.href
}
