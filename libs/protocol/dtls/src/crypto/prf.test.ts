import { fromHex, toHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { suites } from '../suites.js'
import { keyBlock, keyBlockLength } from './keys.js'
import { masterSecret, prf, pskPremaster, verifyData } from './prf.js'

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

  it.each([
    {
      premaster:
        '8252b983a6459a6fb3b9debe8725247e276139ebf7c9adccdd7d240f3ada7f5e3351b2769b6c8dc169a6d799c3c0ffeb',
      hash: '1359d7df74cb27c67f74c98d521d442b887eaf0decf6e382c62434d6c3dd7d0d',
      client: 'abe7af69affc5e0944f4009b3e7abd1cc0a5cce8db055eff4a509e5b6de9475a',
      server: '50e0a1a1fd64a55259781a5c22580a81f99799c32f52d3f48d2c10c5c692e289',
      master:
        '43a5e821fcf5446c712207f7cd161ed213ee3b9d001d418c57231befd596b583ecd55ab2c4456b02738698f90bc59ac0',
      block:
        '4886e75be82dd4fb73c540729072d3e29b93c164e1cffe071f1212b1237b98dc0b0a5895f331f7180ceb30b17bb8c3e92a074b26' +
        '325ff975237dbd22320c0b88d64931f39c777b1527d36a999ad5fe5ee7f53fc42a509beb22634b17ec7b768e',
    },
    {
      premaster:
        'cbf55e41501394407612d1ec385104fa1a8e59eb00832eccbd0b92c2404af47e7171eaec467f04e06f8dcae0add1bbee',
      hash: '6d7cbb7e2dffd4e1ad853998e74c647586838c47b1e113af5b58586d66a26a4d',
      client: 'f4dd2b599984f5e514320d12dcda8d11b32e61efd888f5aba1ad28b780b2b739',
      server: '804814a3c29b9d842b5aa0e1f11c4ba580bdacb0a33caab74ccf02da90787397',
      master:
        '89902a83be5fe73e31a5dfe1f631effccb490326f2781e9983b5695e728f10f9ea12f659b62dbe98886959aec0833092',
      block:
        'b0bf5c1f8582fadd3356a1a2d68c438aa17689401a95d5e7564e9743637c2bcd1ae29fc67b553b4a8369548d1f9917ff1ff8f977' +
        'bc45ec6d7ec2c98515e3abd5776b111883d19ef82fb49834f4d3749f902bfce5de527ce7b622728e9a0d368b',
    },
  ])(
    'computes extended master secret and key block of the published vectors of NIST (ACVP, TLS 1.2 KDF of RFC 7627, SHA-256)',
    ({ premaster, hash, client, server, master, block }) => {
      const secret = masterSecret(fromHex(premaster), { transcriptHash: fromHex(hash) })
      expect(toHex(secret)).toBe(master)
      for (const suite of suites) {
        const keys = keyBlock(suite, secret, fromHex(client), fromHex(server))
        expect(toHex(keys)).toBe(block.slice(0, 2 * keyBlockLength(suite)))
      }
    },
  )

  it('computes what Finished says as openssl does', () => {
    // openssl kdf -keylen 12 -kdfopt digest:SHA256 -kdfopt hexsecret:… -kdfopt hexseed:<label and hash> TLS1-PRF
    expect(toHex(verifyData(counting(48), 'client', counting(32)))).toBe('30027444e87f90a0c4422be0')
    expect(toHex(verifyData(counting(48), 'server', counting(32)))).toBe('6d86171328c8844935432779')
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
