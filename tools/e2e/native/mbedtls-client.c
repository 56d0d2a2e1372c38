/*
 * A DTLS 1.2 peer on Mbed TLS 3, which brings the Connection IDs of RFC 9146 that the programs of distributions lack: the independent judge of ours.
 * As a client it connects to 127.0.0.1, sends each line of its standard input, prints the answer, and closes at the end of the input. As a server it
 * takes one client after the other and answers every message with `echo:` before it.
 *
 *   mbedtls-client --port N [--server] [--suite psk-ccm8|psk-cbc|ecdhe-ccm8] [--cid HEX|empty|none] [--identity TEXT] [--psk HEX]
 *                  [--ca FILE --cert FILE --key FILE]
 *
 * A client sends a line again every 250 ms until an answer ends with it, as CoAP would: datagrams get lost. The line `:resume` closes the session and
 * resumes it. Where Mbed TLS 3 is installed: cc -O2 -o mbedtls-client mbedtls-client.c -lmbedtls -lmbedx509 -lmbedcrypto
 */
#include <mbedtls/version.h>
#if MBEDTLS_VERSION_NUMBER < 0x03000000
#error "this needs Mbed TLS 3: before it, Connection IDs were those of a draft"
#endif
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/timing.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 250, TRIES = 60, FIRST_TIMEOUT_MS = 300, LAST_TIMEOUT_MS = 2000, LONGEST = 1024 };

static struct {
    const char *port, *suite, *cid, *identity, *psk, *ca, *cert, *key;
    int server;
} options = {NULL, "psk-ccm8", "empty", "meter1", "000102030405060708090a0b0c0d0e0f", NULL, NULL, NULL, 0};

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context drbg;
static mbedtls_ssl_config config;
static mbedtls_ssl_context ssl;
static mbedtls_ssl_cookie_ctx cookies;
static mbedtls_x509_crt authority, certificate;
static mbedtls_pk_context private_key;
static mbedtls_timing_delay_context delay;
static mbedtls_net_context peer;

static void check(int result, const char *what) {
    if (result == 0) return;
    char text[160];
    mbedtls_strerror(result, text, sizeof text);
    printf("failed: %s: -0x%04x %s\n", what, (unsigned) -result, text);
    exit(1);
}

static size_t from_hex(const char *hex, unsigned char *into, size_t room) {
    size_t length = strlen(hex) / 2;
    check(strlen(hex) % 2 != 0 || length > room, "a hexadecimal option");
    for (size_t i = 0; i < length; i++) {
        unsigned byte;
        check(sscanf(hex + 2 * i, "%2x", &byte) != 1, "a hexadecimal option");
        into[i] = (unsigned char) byte;
    }
    return length;
}

static void read_options(int count, char **words) {
    static const struct {
        const char *name;
        const char **value;
    } known[] = {{"--port", &options.port},         {"--suite", &options.suite}, {"--cid", &options.cid},
                 {"--identity", &options.identity}, {"--psk", &options.psk},     {"--ca", &options.ca},
                 {"--cert", &options.cert},         {"--key", &options.key}};
    for (int i = 1; i < count; i++) {
        size_t option = 0;
        if (strcmp(words[i], "--server") == 0) {
            options.server = 1;
            continue;
        }
        while (option < sizeof known / sizeof *known && strcmp(words[i], known[option].name) != 0) option++;
        if (option == sizeof known / sizeof *known || ++i == count) {
            fprintf(stderr, "mbedtls-client: %s is no option, or has no value\n", words[i - (i == count)]);
            exit(2);
        }
        *known[option].value = words[i];
    }
    if (options.port == NULL) {
        fprintf(stderr, "mbedtls-client: --port is missing\n");
        exit(2);
    }
}

static void configure(void) {
    static int suite[2];
    suite[0] = strcmp(options.suite, "psk-cbc") == 0      ? MBEDTLS_TLS_PSK_WITH_AES_128_CBC_SHA256
               : strcmp(options.suite, "ecdhe-ccm8") == 0 ? MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8
                                                          : MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_cookie_init(&cookies);
    mbedtls_x509_crt_init(&authority);
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&private_key);
    check(psa_crypto_init() != PSA_SUCCESS, "the cryptography");
    check(mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0), "the random source");
    check(mbedtls_ssl_config_defaults(&config, options.server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                      MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT),
          "the configuration");
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &drbg);
    mbedtls_ssl_conf_min_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ciphersuites(&config, suite);
    mbedtls_ssl_conf_handshake_timeout(&config, FIRST_TIMEOUT_MS, LAST_TIMEOUT_MS);
    if (suite[0] != MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8) {
        unsigned char key[64];
        size_t length = from_hex(options.psk, key, sizeof key);
        const unsigned char *identity = (const unsigned char *) options.identity;
        check(mbedtls_ssl_conf_psk(&config, key, length, identity, strlen(options.identity)), "the key");
    } else {
        check(options.ca == NULL || options.cert == NULL || options.key == NULL, "--ca, --cert and --key");
        check(mbedtls_x509_crt_parse_file(&authority, options.ca), "--ca");
        check(mbedtls_x509_crt_parse_file(&certificate, options.cert), "--cert");
        check(mbedtls_pk_parse_keyfile(&private_key, options.key, NULL, mbedtls_ctr_drbg_random, &drbg), "--key");
        mbedtls_ssl_conf_ca_chain(&config, &authority, NULL);
        check(mbedtls_ssl_conf_own_cert(&config, &certificate, &private_key), "the certificate");
        mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
    }
    if (options.server) {
        check(mbedtls_ssl_cookie_setup(&cookies, mbedtls_ctr_drbg_random, &drbg), "the cookies");
        mbedtls_ssl_conf_dtls_cookies(&config, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &cookies);
    }
}

/* A context for one connection. The length of our own Connection ID is the configuration's, its bytes are the connection's. */
static void prepare(void) {
    unsigned char cid[MBEDTLS_SSL_CID_IN_LEN_MAX];
    int enabled = strcmp(options.cid, "none") != 0;
    size_t length = enabled && strcmp(options.cid, "empty") != 0 ? from_hex(options.cid, cid, sizeof cid) : 0;
    if (enabled) check(mbedtls_ssl_conf_cid(&config, length, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE), "--cid");
    mbedtls_ssl_init(&ssl);
    check(mbedtls_ssl_setup(&ssl, &config), "the context");
    mbedtls_ssl_set_timer_cb(&ssl, &delay, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
    mbedtls_ssl_set_bio(&ssl, &peer, mbedtls_net_send, mbedtls_net_recv, mbedtls_net_recv_timeout);
    if (enabled) check(mbedtls_ssl_set_cid(&ssl, MBEDTLS_SSL_CID_ENABLED, cid, length), "--cid");
}

static int again(int result) {
    return result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int shake_hands(void) {
    int result;
    do result = mbedtls_ssl_handshake(&ssl);
    while (again(result));
    return result;
}

static void print_open(void) {
    unsigned char cid[MBEDTLS_SSL_CID_OUT_LEN_MAX];
    size_t length = 0;
    int enabled;
    check(mbedtls_ssl_get_peer_cid(&ssl, &enabled, cid, &length), "the Connection ID of the peer");
    printf("open %s cid=", mbedtls_ssl_get_ciphersuite(&ssl));
    if (!enabled) printf("none");
    for (size_t i = 0; enabled && i < length; i++) printf("%02x", cid[i]);
    printf("\n");
}

static void close_session(void) {
    int result;
    do result = mbedtls_ssl_close_notify(&ssl);
    while (again(result));
    mbedtls_ssl_free(&ssl);
}

static void connect_peer(const mbedtls_ssl_session *session) {
    prepare();
    if (options.ca != NULL) check(mbedtls_ssl_set_hostname(&ssl, "server"), "the host name");
    if (session != NULL) check(mbedtls_ssl_set_session(&ssl, session), "the session");
    check(shake_hands(), "the handshake");
    print_open();
}

/* Sends a line until an answer ends with it; late answers to earlier ones are passed over. */
static void exchange(const char *line, size_t length) {
    unsigned char answer[LONGEST + 1];
    mbedtls_ssl_conf_read_timeout(&config, RETRY_MS);
    for (int attempt = 0; attempt < TRIES; attempt++) {
        int result = mbedtls_ssl_write(&ssl, (const unsigned char *) line, length);
        if (result < 0) check(result, "sending");
        for (;;) {
            result = mbedtls_ssl_read(&ssl, answer, LONGEST);
            if (again(result)) continue;
            if (result == MBEDTLS_ERR_SSL_TIMEOUT) break;
            check(result > 0 ? 0 : result == 0 ? -1 : result, "receiving");
            if ((size_t) result < length || memcmp(answer + result - length, line, length) != 0) continue;
            printf("%.*s\n", result, answer);
            return;
        }
    }
    check(MBEDTLS_ERR_SSL_TIMEOUT, line);
}

static void run_client(void) {
    char line[LONGEST];
    check(mbedtls_net_connect(&peer, "127.0.0.1", options.port, MBEDTLS_NET_PROTO_UDP), "the socket");
    connect_peer(NULL);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (strcmp(line, ":resume") == 0) {
            mbedtls_ssl_session session;
            mbedtls_ssl_session_init(&session);
            check(mbedtls_ssl_get_session(&ssl, &session), "the session");
            close_session();
            connect_peer(&session);
            mbedtls_ssl_session_free(&session);
        } else if (line[0] != 0) exchange(line, strlen(line));
    }
    close_session();
    printf("closed\n");
}

/* One client, from its first ClientHello to its close_notify. */
static void serve(mbedtls_net_context *listening) {
    unsigned char address[16], message[LONGEST] = "echo:";
    size_t length;
    int result;
    prepare();
    do {
        mbedtls_net_free(&peer);
        mbedtls_ssl_session_reset(&ssl);
        check(mbedtls_net_accept(listening, &peer, address, sizeof address, &length), "accepting");
        check(mbedtls_ssl_set_client_transport_id(&ssl, address, length), "the client's address");
        result = shake_hands();
    } while (result == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED);
    check(result, "the handshake");
    print_open();
    mbedtls_ssl_conf_read_timeout(&config, 0);
    for (;;) {
        result = mbedtls_ssl_read(&ssl, message + 5, sizeof message - 5);
        if (again(result)) continue;
        if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) break;
        check(result > 0 ? 0 : result == 0 ? -1 : result, "receiving");
        result = mbedtls_ssl_write(&ssl, message, 5 + (size_t) result);
        check(result > 0 ? 0 : result, "sending");
    }
    close_session();
    mbedtls_net_free(&peer);
    printf("closed\n");
}

int main(int count, char **words) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_options(count, words);
    configure();
    mbedtls_net_init(&peer);
    if (!options.server) {
        run_client();
        return 0;
    }
    mbedtls_net_context listening;
    mbedtls_net_init(&listening);
    check(mbedtls_net_bind(&listening, "127.0.0.1", options.port, MBEDTLS_NET_PROTO_UDP), "the socket");
    printf("listening\n");
    for (;;) serve(&listening);
}
