import { Controller, Inject, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authorise } from '@fieldline/access'
import type { Principal } from '@fieldline/access'
import { routes } from '@fieldline/contracts'
import { Principals } from '../auth/principals.js'
import { Bind, Caller, Input } from '../http/bind.js'
import type { RouteRequest } from '../http/bind.js'
import { LiveFeed } from './live-feed.js'

const BEAT_MS = 15_000
/** A reader this far behind is let go; its browser comes back and reads anew. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

/** Changes as server-sent events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
@Controller()
export class LiveController {
  constructor(
    @Inject(LiveFeed) private readonly feed: LiveFeed,
    @Inject(Principals) private readonly principals: Principals,
  ) {}

  @Bind('live')
  live(
    @Input() { query }: RouteRequest<'live'>,
    @Caller() { principal }: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    })
    raw.write('retry: 2000\n\n: connected\n\n')
    const unsubscribe = this.feed.subscribe({
      organisationId: principal.organisationId,
      query,
      send: ({ event, data }) => {
        if (raw.writableLength > MAX_UNREAD_BYTES) raw.destroy()
        else raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
      },
      end: () => end(),
    })
    const beat = setInterval(() => {
      // a stream lasts for days: whoever signed out, or whose key was revoked, hears no more
      this.#isStill(principal, request).then(
        (still) => {
          if (!still) end()
          else if (!raw.writableEnded) raw.write(': beat\n\n')
        },
        () => end(),
      )
    }, BEAT_MS)
    const leave = (): void => {
      clearInterval(beat)
      unsubscribe()
    }
    const end = (): void => {
      leave()
      raw.end()
    }
    raw.on('close', leave)
    raw.on('error', () => raw.destroy())
  }

  async #isStill(principal: Principal, request: FastifyRequest): Promise<boolean> {
    const now = authorise(await this.principals.of(request), routes.live.permission)
    return now.id === principal.id && now.organisationId === principal.organisationId
  }
}
