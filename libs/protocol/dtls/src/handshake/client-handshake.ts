import type { KeyObject } from 'node:crypto'
import { ByteReader } from '@fieldline/bytes'
import { keyOfCertificate, rawPublicKeyOf, readRawPublicKey, signEcdsa } from '../certificates/public-key.js'
import type { OwnCredentials } from '../certificates/public-key.js'
import { pskPremaster } from '../crypto/prf.js'
import { HandshakeFault } from '../faults.js'
import type { DtlsPeer, PeerIdentity } from '../identity.js'
import type { Resumable } from '../session/resumption-store.js'
import type { Suite } from '../suites.js'
import type { Surroundings } from '../surroundings.js'
import {
  ExtensionType,
  HandshakeType,
  Version,
  concat,
  copyOf,
  ecdsaSha256,
  noBytes,
  renegotiationScsv,
  sameBytes,
  secp256r1,
} from '../wire.js'
import { EphemeralKey } from './ecdh.js'
import { Handshake } from './handshake.js'
import {
  checkRenegotiationInfo,
  connectionIdOf,
  expectEnd,
  hasFlag,
  numberList,
  readHelloVerifyRequest,
  readServerHello,
  readVector8,
  vector8,
  writeClientHello,
} from './hello.js'
import {
  identityOf,
  readCertificate,
  readCertificateRequest,
  readEcdhServerKeyExchange,
  readPskText,
  writeCertificate,
  writeCertificateVerify,
  writeEcdhClientKeyExchange,
  writePskText,
} from './key-exchange.js'
import type { CertificateBody } from './key-exchange.js'
import { certificateKind, certificateType } from './negotiation.js'
import type { CertificateKind } from './negotiation.js'
import type { Message } from './reassembly.js'
import { serverName } from './server-name.js'
import { SignatureCheck } from './signature-check.js'

/** What a client brings to a handshake. */
export interface ClientRules {
  /** In order of preference. */
  readonly suites: readonly Suite[]
  readonly psk: { readonly identity: Uint8Array; readonly key: Uint8Array } | undefined
  readonly credentials: OwnCredentials | undefined
  /** What it can show, and what it takes of the server; both in order of preference. */
  readonly own: readonly CertificateKind[]
  readonly ofServer: readonly CertificateKind[]
  /** The Connection ID that the server's records shall carry, possibly empty; undefined does without the extension. */
  readonly cid: Uint8Array | undefined
  /** Sent as SNI. */
  readonly serverName: string | undefined
  /** CBC also with a server without encrypt-then-MAC. */
  readonly allowMacThenEncrypt: boolean
  /** A session to resume. */
  readonly resume: (Resumable & { readonly sessionId: Uint8Array }) | undefined
}

/** HelloVerifyRequests that are followed. */
const maxCookies = 3

/** The client's side of a handshake. */
export class ClientHandshake extends Handshake {
  readonly #rules: ClientRules
  /** Without those of a pre-shared key that there is not: anybody can compute with none. */
  readonly #suites: readonly Suite[]
  readonly #random: Uint8Array
  #serverRandom: Uint8Array = noBytes
  #offered: ReadonlyMap<number, Uint8Array> = new Map()
  #cookies = 0
  #suite: Suite | undefined
  #extended = false
  #resumed = false
  #sessionId: Uint8Array = noBytes
  #serverKind: CertificateKind = 'x509'
  #clientKind: CertificateKind = 'x509'
  #certificateRequested = false
  /** What the server asks for is what we could sign with; if not, the list of certificates is empty (RFC 5246 §7.4.6). */
  #canShow = false
  #presented: CertificateBody | undefined
  readonly #signatures = new SignatureCheck()
  #serverKey: KeyObject | undefined
  #serverPoint: Uint8Array | undefined
  #identity: PeerIdentity = { kind: 'anonymous' }

  constructor(surroundings: Surroundings, rules: ClientRules, peer: DtlsPeer) {
    super(surroundings, 'client', peer)
    this.#rules = rules
    this.#suites = rules.suites.filter((suite) => suite.keyExchange !== 'psk' || rules.psk?.key.length)
    this.#random = copyOf(surroundings.random.bytes(32))
    this.localCid = rules.cid ?? noBytes
  }

  /** What the next handshake may resume; undefined if the server gave no session id. Valid until `forget`. */
  get resumable(): (Resumable & { sessionId: Uint8Array }) | undefined {
    if (this.state !== 'open' || this.#sessionId.length === 0 || !this.#suite) return undefined
    return {
      sessionId: this.#sessionId,
      master: copyOf(this.master),
      suiteId: this.#suite.id,
      extendedMasterSecret: this.#extended,
      macThenEncrypt: this.macThenEncrypt,
      identity: this.#identity,
      serverName: this.#rules.serverName,
    }
  }

  begin(): void {
    this.#sayHello(noBytes)
  }

  /**
   * What to resume; not without extended master secret, which is what ties a session to its handshake (RFC 7627 §5.3), nor without offering its
   * suite (RFC 5246 §7.4.1.2).
   */
  get #resume(): ClientRules['resume'] {
    const { resume } = this.#rules
    const isOffered = this.#suites.some(({ id }) => id === resume?.suiteId)
    return isOffered && resume?.extendedMasterSecret ? resume : undefined
  }

  #sayHello(cookie: Uint8Array): void {
    const { cid } = this.#rules
    const suites = this.#suites
    const extensions = new Map<number, Uint8Array>([[ExtensionType.ExtendedMasterSecret, noBytes]])
    if (this.#rules.serverName) extensions.set(ExtensionType.ServerName, serverName(this.#rules.serverName))
    if (suites.some((suite) => suite.protection === 'cbc-sha256'))
      extensions.set(ExtensionType.EncryptThenMac, noBytes)
    if (cid) extensions.set(ExtensionType.ConnectionId, vector8(cid))
    if (suites.some((suite) => suite.keyExchange === 'ecdhe')) {
      extensions.set(ExtensionType.SupportedGroups, numberList(secp256r1))
      extensions.set(ExtensionType.PointFormats, vector8(Uint8Array.of(0)))
      extensions.set(ExtensionType.SignatureAlgorithms, numberList(ecdsaSha256))
      const types = (kinds: readonly CertificateKind[]): Uint8Array => Uint8Array.from(kinds, certificateType)
      // X.509 alone is what no extension means (RFC 7250 §4.1)
      if (this.#rules.own.includes('raw-public-key'))
        extensions.set(ExtensionType.ClientCertificateType, vector8(types(this.#rules.own)))
      if (this.#rules.ofServer.includes('raw-public-key'))
        extensions.set(ExtensionType.ServerCertificateType, vector8(types(this.#rules.ofServer)))
    }
    this.#offered = extensions
    this.transcript.restart()
    this.beginFlight()
    this.add(
      HandshakeType.ClientHello,
      writeClientHello({
        version: Version.Dtls12,
        random: this.#random,
        sessionId: this.#resume?.sessionId ?? noBytes,
        cookie,
        suites: [...suites.map((suite) => suite.id), renegotiationScsv],
        compressions: Uint8Array.of(0),
        extensions,
      }),
    )
    this.expected = [HandshakeType.HelloVerifyRequest, HandshakeType.ServerHello]
    this.sendFlight()
  }

  protected handle(message: Message): void {
    switch (message.type) {
      case HandshakeType.HelloVerifyRequest:
        return this.#helloVerifyRequest(message)
      case HandshakeType.ServerHello:
        return this.#serverHello(message)
      case HandshakeType.Certificate:
        return this.#certificate(message)
      case HandshakeType.ServerKeyExchange:
        return this.#suite?.keyExchange === 'psk' ? this.#pskHint(message) : this.#ecdhParameters(message)
      case HandshakeType.CertificateRequest:
        this.#canShow = readCertificateRequest(message.body)
        this.take(message)
        this.#certificateRequested = true
        this.expected = [HandshakeType.ServerHelloDone]
        return
      case HandshakeType.ServerHelloDone:
        return this.#serverHelloDone(message)
      default:
        return this.#finished(message)
    }
  }

  #helloVerifyRequest(message: Message): void {
    const cookie = copyOf(readHelloVerifyRequest(message.body))
    if (++this.#cookies > maxCookies)
      throw new HandshakeFault('unexpected-message', 'too many HelloVerifyRequests')
    this.take(message)
    this.#sayHello(cookie)
  }

  #serverHello(message: Message): void {
    const hello = readServerHello(message.body)
    if (hello.version !== Version.Dtls12)
      throw new HandshakeFault('no-common-version', `ServerHello of version ${hello.version.toString(16)}`)
    const suite = this.#suites.find((one) => one.id === hello.suite)
    if (!suite || hello.compression !== 0)
      throw new HandshakeFault('illegal-parameter', 'the server chose what was not offered')
    for (const type of hello.extensions.keys())
      if (!this.#offered.has(type) && type !== ExtensionType.RenegotiationInfo)
        throw new HandshakeFault('illegal-parameter', `extension ${type} was not offered`)
    checkRenegotiationInfo(hello.extensions)
    // RFC 6066 §3: an echo, and empty
    hasFlag(hello.extensions, ExtensionType.ServerName)
    const extended = hasFlag(hello.extensions, ExtensionType.ExtendedMasterSecret)
    const without =
      suite.protection === 'cbc-sha256' && !hasFlag(hello.extensions, ExtensionType.EncryptThenMac)
    if (without && !this.#rules.allowMacThenEncrypt)
      throw new HandshakeFault('no-encrypt-then-mac', 'the server chose CBC without encrypt-then-MAC')
    const serverKind = certificateKind(hello.extensions.get(ExtensionType.ServerCertificateType))
    const clientKind = certificateKind(hello.extensions.get(ExtensionType.ClientCertificateType))
    const peerCid = connectionIdOf(hello.extensions)
    const resume = this.#resume
    const resumed =
      resume !== undefined && resume.sessionId.length > 0 && sameBytes(resume.sessionId, hello.sessionId)
    // RFC 5246 §7.4.1.3, RFC 7627 §5.3: a resumed session is as it was
    const wasWithout = resume?.macThenEncrypt ?? false
    if (
      resumed &&
      (resume.suiteId !== suite.id || resume.extendedMasterSecret !== extended || wasWithout !== without)
    )
      throw new HandshakeFault('illegal-parameter', 'the server resumes with other parameters')
    // RFC 7250 §4.2: of what was offered; saying nothing is choosing X.509
    if (!resumed && suite.keyExchange === 'ecdhe' && !this.#rules.ofServer.includes(serverKind))
      throw new HandshakeFault('no-common-certificate-type', `the server would show ${serverKind}`)
    // RFC 8422 §5.2
    const formats = hello.extensions.get(ExtensionType.PointFormats)
    if (formats && !readVector8(formats, 'point formats').includes(0))
      throw new HandshakeFault('illegal-parameter', 'the server cannot read uncompressed points')

    this.take(message)
    this.#suite = suite
    this.macThenEncrypt = without
    this.#extended = extended
    this.#serverRandom = copyOf(hello.random)
    this.#sessionId = copyOf(hello.sessionId)
    this.#serverKind = serverKind
    this.#clientKind = clientKind
    this.peerCid = peerCid ?? noBytes
    if (!peerCid) this.localCid = noBytes
    if (resumed) {
      this.#resumed = true
      this.#identity = resume.identity
      this.master = copyOf(resume.master)
      this.expected = [HandshakeType.Finished]
      this.installKeys(suite, this.#random, this.#serverRandom)
    } else
      this.expected =
        suite.keyExchange === 'psk'
          ? [HandshakeType.ServerKeyExchange, HandshakeType.ServerHelloDone]
          : [HandshakeType.Certificate]
  }

  #certificate(message: Message): void {
    const presented = readCertificate(message.body, this.#serverKind)
    const first = presented.kind === 'x509' ? presented.chain.at(0) : presented.publicKey
    if (!first || first.length === 0)
      throw new HandshakeFault('no-certificate', 'the server shows no certificate')
    this.#serverKey = presented.kind === 'x509' ? keyOfCertificate(first) : readRawPublicKey(first)
    this.#presented = presented
    this.take(message)
    this.expected = [HandshakeType.ServerKeyExchange]
  }

  #pskHint(message: Message): void {
    readPskText(message.body, 'ServerKeyExchange')
    this.take(message)
    this.expected = [HandshakeType.ServerHelloDone]
  }

  /** The server holds the key it showed; now it is asked whether it is the right one. */
  #ecdhParameters(message: Message): void {
    const { parameters, point, signature } = readEcdhServerKeyExchange(message.body)
    const presented = this.#presented
    if (!this.#serverKey || !presented) throw new HandshakeFault('unexpected-message', 'ServerKeyExchange')
    this.#signatures.check(this.#serverKey, concat(this.#random, this.#serverRandom, parameters), signature)
    this.take(message)
    this.#serverPoint = copyOf(point)
    this.ask({ ...presented, serverName: this.#rules.serverName }, (answer) => {
      if (answer.kind === 'refused') throw new HandshakeFault(answer.failure, answer.detail)
      this.#identity = identityOf(presented)
      this.expected = [HandshakeType.CertificateRequest, HandshakeType.ServerHelloDone]
    })
  }

  #serverHelloDone(message: Message): void {
    expectEnd(new ByteReader(message.body), 'ServerHelloDone')
    const suite = this.#suite
    const { psk, credentials } = this.#rules
    if (!suite) return
    const ephemeral = this.#serverPoint && new EphemeralKey()
    const premaster =
      ephemeral && this.#serverPoint ? ephemeral.agree(this.#serverPoint) : pskPremaster(psk?.key ?? noBytes)
    this.take(message)
    this.beginFlight()
    const shown = this.#canShow && credentials ? this.#own(credentials) : undefined
    if (this.#certificateRequested)
      this.add(HandshakeType.Certificate, writeCertificate(shown ?? { kind: 'x509', chain: [] }))
    if (ephemeral) this.add(HandshakeType.ClientKeyExchange, writeEcdhClientKeyExchange(ephemeral.point))
    else {
      this.add(HandshakeType.ClientKeyExchange, writePskText(psk?.identity ?? noBytes))
      this.#identity = { kind: 'psk', identity: psk?.identity ?? noBytes }
    }
    this.deriveMaster(premaster, this.#extended, this.#random, this.#serverRandom)
    if (shown && credentials)
      this.add(
        HandshakeType.CertificateVerify,
        writeCertificateVerify(signEcdsa(credentials, this.transcript.bytes())),
      )
    this.expected = [HandshakeType.Finished]
    this.installKeys(suite, this.#random, this.#serverRandom)
    this.addChangeCipherSpec()
    this.addFinished()
    this.sendFlight()
  }

  #own(credentials: OwnCredentials): CertificateBody | undefined {
    if (!this.#rules.own.includes(this.#clientKind)) return undefined
    if (this.#clientKind === 'raw-public-key')
      return { kind: 'raw-public-key', publicKey: rawPublicKeyOf(credentials) }
    return credentials.chain ? { kind: 'x509', chain: credentials.chain } : undefined
  }

  #finished(message: Message): void {
    this.checkFinished(message)
    this.take(message)
    const session = this.session
    if (!session) return
    session.identity = this.#identity
    session.resumed = this.#resumed
    session.extendedMasterSecret = this.#extended
    if (this.#resumed) {
      this.beginFlight()
      this.addChangeCipherSpec()
      this.addFinished()
      this.sendFlight()
    }
    this.open(this.#resumed)
  }
}
