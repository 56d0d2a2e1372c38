import type { KeyObject } from 'node:crypto'
import { keyOfCertificate, rawPublicKeyOf, readRawPublicKey, signEcdsa } from '../certificates/public-key.js'
import type { OwnCredentials } from '../certificates/public-key.js'
import { pskPremaster } from '../crypto/prf.js'
import { HandshakeFault } from '../faults.js'
import type { DtlsPeer, PeerIdentity } from '../identity.js'
import type { ResumptionStore } from '../session/resumption-store.js'
import type { Suite } from '../suites.js'
import type { CredentialAnswer, Surroundings } from '../surroundings.js'
import {
  ExtensionType,
  HandshakeType,
  Version,
  concat,
  copyOf,
  noBytes,
  renegotiationScsv,
  sameBytes,
} from '../wire.js'
import { EphemeralKey } from './ecdh.js'
import { Handshake } from './handshake.js'
import {
  checkRenegotiationInfo,
  connectionIdOf,
  emptyVector8,
  hasFlag,
  readClientHello,
  readHelloHead,
  vector8,
  writeServerHello,
} from './hello.js'
import type { ClientHello } from './hello.js'
import {
  identityOf,
  readCertificate,
  readCertificateVerify,
  readEcdhClientKeyExchange,
  readPskText,
  writeCertificate,
  writeCertificateRequest,
  writeEcdhParameters,
  writeEcdhServerKeyExchange,
  writePskText,
} from './key-exchange.js'
import type { CertificateBody } from './key-exchange.js'
import { agree, certificateType } from './negotiation.js'
import type { Agreement, ServerAbilities } from './negotiation.js'
import type { Message } from './reassembly.js'
import { serverNameOf } from './server-name.js'
import { SignatureCheck } from './signature-check.js'

/** How a server shakes hands. */
export interface ServerRules extends ServerAbilities {
  /** What is shown to clients that ask for a host name, in the place of `credentials`; undefined if that makes no difference. */
  readonly credentialsFor: ((serverName: string) => OwnCredentials | undefined) | undefined
  /** Sent before a client chooses its identity (RFC 4279 §5.2); undefined for none. */
  readonly pskHint: Uint8Array | undefined
  readonly resumption: ResumptionStore | undefined
  /** A Connection ID for the client's records; undefined if there shall be none. */
  readonly newCid: ((handshake: ServerHandshake) => Uint8Array) | undefined
}

/** What the first fragment of a ClientHello with a valid cookie tells. */
export interface FirstMessage {
  readonly random: Uint8Array
  readonly messageSequence: number
  readonly recordSequence: number
  /** Knows whether the rest of the hello belongs to the cookie. */
  readonly cookie: { fits(rest: Uint8Array): boolean }
}

/** The server's side of a handshake, from a ClientHello whose cookie was checked, though some of it may still be under way. */
export class ServerHandshake extends Handshake {
  /** To tell a retransmitted ClientHello from a new one. */
  readonly clientRandom: Uint8Array
  readonly #first: FirstMessage
  readonly #rules: ServerRules
  readonly #serverRandom: Uint8Array
  #suite: Suite | undefined
  #sessionId: Uint8Array = noBytes
  #extended = false
  #resumed = false
  #identity: PeerIdentity = { kind: 'anonymous' }
  #ephemeral: EphemeralKey | undefined
  #agreement: Agreement | undefined
  #serverName: string | undefined
  #credentials: OwnCredentials | undefined
  #presented: CertificateBody | undefined
  readonly #signatures = new SignatureCheck()
  #clientKey: KeyObject | undefined
  /** The identity had no key: a random one takes its place, so that the peer cannot tell (RFC 4279 §2). */
  #unknownIdentity = false

  constructor(surroundings: Surroundings, rules: ServerRules, peer: DtlsPeer, first: FirstMessage) {
    super(surroundings, 'server', peer)
    this.#rules = rules
    this.clientRandom = copyOf(first.random)
    this.#first = first
    this.#serverRandom = copyOf(surroundings.random.bytes(32))
    // The server's numbers go on from the client's (RFC 6347 §4.2.1, §4.2.2).
    this.messageSequence = first.messageSequence
    this.plainSequence = first.recordSequence
    this.reassembly.next = first.messageSequence
    this.expected = [HandshakeType.ClientHello]
    // nothing to send, but time runs
    this.sendFlight()
  }

  /** Whether a hello with a valid cookie, a random and a message number is that of this handshake, or its repetition. */
  isOf({ random, messageSequence }: FirstMessage): boolean {
    if (!sameBytes(random, this.clientRandom)) return false
    return (
      messageSequence === this.#first.messageSequence || !this.expected.includes(HandshakeType.ClientHello)
    )
  }

  /** Answers the ClientHello. What the client cannot have is told by an alert: the cookie proved its address. */
  #clientHello(message: Message): void {
    const hello = readClientHello(message.body)
    if (
      !sameBytes(hello.random, this.clientRandom) ||
      !this.#first.cookie.fits(readHelloHead(message.body).afterCookie)
    )
      throw new HandshakeFault('illegal-parameter', 'not the ClientHello that the cookie was for')
    this.take(message)
    try {
      this.#negotiate(hello)
    } catch (error) {
      this.fail(
        error instanceof HandshakeFault ? error : new HandshakeFault('malformed-message', String(error)),
      )
    }
  }

  #negotiate(hello: ClientHello): void {
    // a greater number is an older version; 1.2 is what DTLS 1.3 clients say here, too (RFC 9147 §5.3)
    if (hello.version > Version.Dtls12 || hello.version >> 8 !== 0xfe)
      throw new HandshakeFault('no-common-version', `ClientHello of version ${hello.version.toString(16)}`)
    const secure = checkRenegotiationInfo(hello.extensions) || hello.suites.includes(renegotiationScsv)
    const cid = connectionIdOf(hello.extensions)
    this.#extended = hasFlag(hello.extensions, ExtensionType.ExtendedMasterSecret)
    this.#serverName = serverNameOf(hello.extensions)
    const suite = this.#resume(hello) ?? this.#agree(hello)
    this.#suite = suite
    const extensions = new Map<number, Uint8Array>()
    if (secure) extensions.set(ExtensionType.RenegotiationInfo, emptyVector8)
    if (this.#extended) extensions.set(ExtensionType.ExtendedMasterSecret, noBytes)
    const isCbc = suite.protection === 'cbc-sha256'
    this.macThenEncrypt = isCbc && !hasFlag(hello.extensions, ExtensionType.EncryptThenMac)
    if (isCbc && !this.macThenEncrypt) extensions.set(ExtensionType.EncryptThenMac, noBytes)
    if (cid && this.#rules.newCid) {
      this.peerCid = cid
      this.localCid = this.#rules.newCid(this)
      extensions.set(ExtensionType.ConnectionId, vector8(this.localCid))
    }
    // RFC 6066 §3: it was of use; and in no case where a session is resumed
    if (this.#serverName !== undefined && !this.#resumed) extensions.set(ExtensionType.ServerName, noBytes)
    if (this.#agreement && suite.keyExchange === 'ecdhe') {
      const { own, ofClient } = this.#agreement
      if (hello.extensions.has(ExtensionType.ServerCertificateType))
        extensions.set(ExtensionType.ServerCertificateType, Uint8Array.of(certificateType(own)))
      if (ofClient && hello.extensions.has(ExtensionType.ClientCertificateType))
        extensions.set(ExtensionType.ClientCertificateType, Uint8Array.of(certificateType(ofClient)))
      if (hello.extensions.has(ExtensionType.PointFormats))
        extensions.set(ExtensionType.PointFormats, vector8(Uint8Array.of(0)))
    }
    this.beginFlight()
    this.add(
      HandshakeType.ServerHello,
      writeServerHello({
        version: Version.Dtls12,
        random: this.#serverRandom,
        sessionId: this.#sessionId,
        suite: suite.id,
        compression: 0,
        extensions,
      }),
    )
    if (this.#resumed) {
      this.installKeys(suite, this.clientRandom, this.#serverRandom)
      this.addChangeCipherSpec()
      this.addFinished()
      this.expected = [HandshakeType.Finished]
    } else if (suite.keyExchange === 'psk') this.#offerPsk()
    else this.#offerCertificate()
    this.sendFlight()
  }

  /** The suite of the session that the client wants to resume, if that is possible. */
  #resume(hello: ClientHello): Suite | undefined {
    if (hello.sessionId.length === 0) return undefined
    const prior = this.#rules.resumption?.get(hello.sessionId, this.surroundings.now)
    const suite = prior && this.#rules.suites.find((one) => one.id === prior.suiteId)
    if (!prior || !suite || !hello.suites.includes(suite.id)) return undefined
    const without =
      suite.protection === 'cbc-sha256' && !hasFlag(hello.extensions, ExtensionType.EncryptThenMac)
    if (without !== (prior.macThenEncrypt ?? false)) return undefined
    // RFC 6066 §3: a session is resumed for the name that it was opened for
    if (prior.serverName !== this.#serverName) return undefined
    // RFC 7627 §5.3: abort. What had none from the beginning is not in the store.
    if (!this.#extended)
      throw new HandshakeFault('resumption-refused', 'resumption without extended master secret')
    this.#resumed = true
    this.#sessionId = copyOf(hello.sessionId)
    this.master = copyOf(prior.master)
    this.#identity = prior.identity
    return suite
  }

  #agree(hello: ClientHello): Suite {
    this.#credentials = this.#credentialsFor(this.#serverName)
    this.#agreement = agree(hello, { ...this.#rules, credentials: this.#credentials })
    if (this.#rules.resumption && this.#extended) this.#sessionId = this.surroundings.random.bytes(32)
    return this.#agreement.suite
  }

  #credentialsFor(name: string | undefined): OwnCredentials | undefined {
    const { credentials, credentialsFor } = this.#rules
    if (name === undefined || !credentialsFor) return credentials
    try {
      return credentialsFor(name) ?? credentials
    } catch (error) {
      throw new HandshakeFault('look-up-failed', String(error))
    }
  }

  #offerPsk(): void {
    if (this.#rules.pskHint) this.add(HandshakeType.ServerKeyExchange, writePskText(this.#rules.pskHint))
    this.add(HandshakeType.ServerHelloDone, noBytes)
    this.expected = [HandshakeType.ClientKeyExchange]
  }

  #offerCertificate(): void {
    const credentials = this.#credentials
    const agreement = this.#agreement
    if (!credentials || !agreement) throw new HandshakeFault('no-common-suite', 'no credentials')
    this.add(
      HandshakeType.Certificate,
      writeCertificate(
        agreement.own === 'x509'
          ? { kind: 'x509', chain: credentials.chain ?? [] }
          : { kind: 'raw-public-key', publicKey: rawPublicKeyOf(credentials) },
      ),
    )
    this.#ephemeral = new EphemeralKey()
    const parameters = writeEcdhParameters(this.#ephemeral.point)
    const signature = signEcdsa(credentials, concat(this.clientRandom, this.#serverRandom, parameters))
    this.add(HandshakeType.ServerKeyExchange, writeEcdhServerKeyExchange(parameters, signature))
    if (agreement.ofClient) this.add(HandshakeType.CertificateRequest, writeCertificateRequest())
    this.add(HandshakeType.ServerHelloDone, noBytes)
    this.expected = [agreement.ofClient ? HandshakeType.Certificate : HandshakeType.ClientKeyExchange]
  }

  protected handle(message: Message): void {
    if (message.type === HandshakeType.ClientHello) this.#clientHello(message)
    else if (message.type === HandshakeType.Certificate) this.#certificate(message)
    else if (message.type === HandshakeType.ClientKeyExchange) {
      if (this.#ephemeral) this.#ecdhKeyExchange(message, this.#ephemeral)
      else this.#pskKeyExchange(message)
    } else if (message.type === HandshakeType.CertificateVerify) this.#certificateVerify(message)
    else this.#finished(message)
  }

  #certificate(message: Message): void {
    const presented = readCertificate(message.body, this.#agreement?.ofClient ?? 'x509')
    const first = presented.kind === 'x509' ? presented.chain.at(0) : presented.publicKey
    // An empty list is how a client says that it has none (RFC 5246 §7.4.6): refused where its Finished makes it authentic.
    if (first && first.length > 0) {
      this.#clientKey = presented.kind === 'x509' ? keyOfCertificate(first) : readRawPublicKey(first)
      this.#presented = presented
    }
    this.take(message)
    this.expected = [HandshakeType.ClientKeyExchange]
  }

  #pskKeyExchange(message: Message): void {
    const identity = copyOf(readPskText(message.body, 'ClientKeyExchange'))
    this.take(message)
    this.claimed = identity
    this.ask({ kind: 'psk', identity, serverName: this.#serverName }, (answer: CredentialAnswer) => {
      const known = answer.kind === 'key' && answer.key !== undefined && answer.key.length > 0
      this.#unknownIdentity = !known
      const key = known ? answer.key : this.surroundings.random.bytes(16)
      this.#identity = { kind: 'psk', identity }
      this.#keys(pskPremaster(key ?? noBytes))
      this.expected = [HandshakeType.Finished]
    })
  }

  #ecdhKeyExchange(message: Message, ephemeral: EphemeralKey): void {
    const premaster = ephemeral.agree(readEcdhClientKeyExchange(message.body))
    this.take(message)
    this.expected = [this.#presented ? HandshakeType.CertificateVerify : HandshakeType.Finished]
    this.#keys(premaster)
  }

  #keys(premaster: Uint8Array): void {
    const suite = this.#suite
    if (!suite) return
    this.deriveMaster(premaster, this.#extended, this.clientRandom, this.#serverRandom)
    this.installKeys(suite, this.clientRandom, this.#serverRandom)
  }

  /** The client holds the key it showed; whether it is welcome is asked only now, so that nobody else can make us ask. */
  #certificateVerify(message: Message): void {
    const presented = this.#presented
    const signature = readCertificateVerify(message.body)
    if (!this.#clientKey || !presented) throw new HandshakeFault('unexpected-message', 'CertificateVerify')
    this.#signatures.check(this.#clientKey, this.transcript.bytes(), signature)
    this.take(message)
    // known before anybody is asked: it may be withdrawn while the answer is under way
    this.#identity = identityOf(presented)
    this.ask({ ...presented, serverName: this.#serverName }, (answer) => {
      if (answer.kind === 'refused') throw new HandshakeFault(answer.failure, answer.detail)
      this.expected = [HandshakeType.Finished]
    })
  }

  #finished(message: Message): void {
    this.checkFinished(message)
    if (this.#agreement?.ofClient && this.#identity.kind === 'anonymous')
      throw new HandshakeFault('no-certificate', 'the list of certificates is empty')
    // a random key cannot have produced this; better said than believed
    if (this.#unknownIdentity) throw new HandshakeFault('unknown-identity', 'no key for this identity')
    this.take(message)
    const session = this.session
    if (!session) return
    session.identity = this.#identity
    session.resumed = this.#resumed
    session.extendedMasterSecret = this.#extended
    session.sessionId = this.#sessionId
    if (!this.#resumed) {
      this.beginFlight()
      this.addChangeCipherSpec()
      this.addFinished()
      this.sendFlight()
      if (this.#sessionId.length > 0)
        this.#rules.resumption?.put(
          this.#sessionId,
          {
            master: this.master,
            suiteId: session.suiteId,
            extendedMasterSecret: this.#extended,
            macThenEncrypt: this.macThenEncrypt,
            identity: this.#identity,
            serverName: this.#serverName,
          },
          this.surroundings.now,
        )
    }
    this.open(!this.#resumed)
  }

  /** RFC 5246 §7.2: a session that failed is resumed no more. Only who knows its keys comes here. */
  protected override invalidate(): void {
    if (this.#resumed && this.session) this.#rules.resumption?.remove(this.#sessionId)
  }

  /** Who it is with, as far as that is claimed or proved. */
  get identity(): PeerIdentity {
    const { claimed } = this
    return claimed && this.#identity.kind === 'anonymous'
      ? { kind: 'psk', identity: claimed }
      : this.#identity
  }

  protected override suspect(...[failure, detail]: Parameters<Handshake['end']>): void {
    if (this.#unknownIdentity) super.suspect('unknown-identity', 'no key for this identity')
    else super.suspect(failure, detail)
  }

  /** Whatever else was seen, an unknown identity is why the handshake could not succeed. */
  override end(...[failure, detail]: Parameters<Handshake['end']>): void {
    if (this.#unknownIdentity && failure !== 'overload')
      super.end('unknown-identity', 'no key for this identity')
    else super.end(failure, detail)
  }
}
