import { describe, expect, it } from 'vitest'
import { summaryOf } from './summary'

describe('summary of a campaign', () => {
  it('says what is written to whom, in which waves, and what stops it', () => {
    const sentences = summaryOf({
      audience: 'model:E3',
      write: [{ path: '/1/0/2', value: 60 }],
      waves: [
        { size: 1, soakSeconds: 600 },
        { percent: 100, soakSeconds: 0 },
      ],
      success: { threshold: 98 },
      error: { threshold: 5, minSample: 10, action: 'pause' },
      silence: { missed: 3, grace: 300 },
    }).join(' ')
    expect(sentences).toContain('Writes /1/0/2 = 60 to every device that “model:E3” selects')
    expect(sentences).toContain('2 waves: 1 device, then 10 min of soaking; 100 %.')
    expect(sentences).toContain('pauses and waits for a person as soon as 5 %')
    expect(sentences).toContain('Silence counts as failure')
  })
})
