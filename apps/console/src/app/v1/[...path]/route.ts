import { forward } from '@/forwarding/forward'

export const dynamic = 'force-dynamic'

const handler = (request: Request) => forward(request)

export {
  handler as DELETE,
  handler as GET,
  handler as HEAD,
  handler as OPTIONS,
  handler as PATCH,
  handler as POST,
  handler as PUT,
}
