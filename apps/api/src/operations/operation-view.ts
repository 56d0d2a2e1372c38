import type { Operation } from '@fieldline/contracts'
import { expectedDelivery } from '@fieldline/operations'
import type { DeviceRecord, StoredOperation } from '@fieldline/store'
import { contactOf } from '../devices/device-view.js'

const time = (epochMs: number): string => new Date(epochMs).toISOString()

/** An operation as the interface shows it; one that waits says when its device is expected, give or take what. */
export function toOperation(
  stored: StoredOperation,
  device: DeviceRecord | undefined,
  now: number,
): Operation {
  const expected = stored.state === 'queued' && device ? expectedDelivery(contactOf(device), now) : null
  return {
    id: stored.id,
    endpoint: stored.endpoint,
    kind: stored.kind,
    path: stored.path,
    ...(stored.value === undefined ? {} : { value: stored.value }),
    state: stored.state,
    ...(stored.code === undefined ? {} : { code: stored.code }),
    ...(stored.result === undefined ? {} : { result: stored.result }),
    ...(expected === null ? {} : { expectedAt: time(expected.at) }),
    ...(expected?.graceSeconds === undefined ? {} : { expectedGraceSeconds: expected.graceSeconds }),
    expiresAt: time(stored.expiresAt),
    createdAt: time(stored.createdAt),
    ...(stored.sentAt === undefined ? {} : { sentAt: time(stored.sentAt) }),
    ...(stored.finishedAt === undefined ? {} : { finishedAt: time(stored.finishedAt) }),
    ...(stored.campaignId === undefined ? {} : { campaignId: stored.campaignId }),
    createdBy: stored.createdBy,
  }
}
