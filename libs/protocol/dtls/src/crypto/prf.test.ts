import { fromHex, toHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { masterSecret, prf, pskPremaster } from './prf.js'

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i)

describe('the key schedule', () => {
  it('computes the PRF of the published vector for P_SHA256', () => {
    const output = prf(
      fromHex('9bbe436ba940f017b17652849a71db35'),
      'test label',
      fromHex('a0ba9f936cda311827a6f796ffd5198c'),
      100,
    )
    expect(toHex(output)).toBe(
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af' +
        '0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701' +
        '87347b66',
    )
  })

  it('computes the extended master secret as openssl does', () => {
    // openssl kdf -keylen 48 -kdfopt digest:SHA256 -kdfopt hexsecret:… -kdfopt hexseed:<label and hash> TLS1-PRF
    const premaster = fromHex('00100000000000000000000000000000000000100001020304050607')
    expect(toHex(masterSecret(premaster, { transcriptHash: counting(32) }))).toBe(
      '082c0b82f62cc611227662592843 7b739522bddc395584d67cbf9fd41e4f0e778c4e68bb8c71078d0c28fdd95426b80f'.replace(
        ' ',
        '',
      ),
    )
  })

  it('makes the premaster secret of a key from as many zeros, then the key, each with its length', () => {
    expect(toHex(pskPremaster(fromHex('0a0b0c')))).toBe('0003000000' + '00030a0b0c')
  })
})
