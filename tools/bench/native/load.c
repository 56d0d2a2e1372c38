/* Load for the benches, Linux only: many CoAP clients, or many CoAP devices, behind one socket, 64 datagrams a system call, so that the
 * generator costs a fraction of what it measures. Every peer is a loopback address of its own, 127.1.0.0 + n, put into each datagram with
 * IP_PKTINFO.
 *
 *   load client SERVER_PORT PEERS   clients; commands on standard input, one line of JSON for each on standard output:
 *     register         each peer registers once; what Location-Path it is given, it uses from then on
 *     update N WINDOW  N Updates over all peers in turn, at most WINDOW unanswered; each answer must be the peer's own 2.04
 *     echo N WINDOW    the same datagrams to an echo; each answer must be what was sent
 *   load devices                    devices on every loopback address, at the port that the first line of output says: GET is answered
 *                                   2.05 with the last two bytes of the address as text, PUT and POST by blocks 2.31 or 2.04, where
 *                                   block n must be full of the byte n; `stats` on standard input asks what came
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, ROOM = 2048, CONTROL = 64, FIRST_PEER = 0x7f010000 };
enum { QUIET_MS = 250 };

struct batch {
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  struct sockaddr_in names[BATCH];
  _Alignas(8) char control[BATCH][CONTROL];
  uint8_t bytes[BATCH][ROOM];
};
static struct batch out, in;
static int sock;

struct peer {
  uint16_t message_id;
  uint32_t sequence;
  uint8_t location_length;
  char location[40];
};
static struct peer *peers;
static uint32_t peer_count;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Opens the one socket, on a free port for 0; answers the port. */
static int open_socket(int port) {
  int on = 1, buffer = 4 << 20;
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  sock = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  setsockopt(sock, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  if (bind(sock, (struct sockaddr *)&any, sizeof any) != 0) {
    perror("bind");
    exit(1);
  }
  for (int i = 0; i < BATCH; i++) {
    struct batch *both[2] = {&out, &in};
    for (int k = 0; k < 2; k++) {
      struct batch *b = both[k];
      b->parts[i].iov_base = b->bytes[i];
      b->parts[i].iov_len = ROOM;
      b->messages[i].msg_hdr = (struct msghdr){
          .msg_name = &b->names[i], .msg_namelen = sizeof b->names[i], .msg_iov = &b->parts[i], .msg_iovlen = 1,
          .msg_control = b->control[i], .msg_controllen = CONTROL};
    }
  }
  socklen_t size = sizeof any;
  getsockname(sock, (struct sockaddr *)&any, &size);
  return ntohs(any.sin_port);
}

/* Names the loopback address that datagram i of the batch leaves from. */
static void leave_from(int i, uint32_t address) {
  struct msghdr *header = &out.messages[i].msg_hdr;
  header->msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo));
  struct cmsghdr *c = CMSG_FIRSTHDR(header);
  struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(address)};
  c->cmsg_level = IPPROTO_IP;
  c->cmsg_type = IP_PKTINFO;
  c->cmsg_len = CMSG_LEN(sizeof info);
  memcpy(CMSG_DATA(c), &info, sizeof info);
}

/* The loopback address that datagram i came to. */
static uint32_t came_to(int i) {
  struct msghdr *header = &in.messages[i].msg_hdr;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_type != IP_PKTINFO) continue;
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    return ntohl(info.ipi_addr.s_addr);
  }
  return 0;
}

static void send_batch(int count) {
  for (int sent = 0; sent < count;) {
    int k = sendmmsg(sock, out.messages + sent, (unsigned)(count - sent), 0);
    if (k < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED) {
      perror("sendmmsg");
      exit(1);
    }
    if (k > 0) sent += k;
  }
}

/* Takes what has arrived, waiting up to `wait_ms` where nothing has. */
static int receive_batch(int wait_ms) {
  for (int i = 0; i < BATCH; i++) {
    in.messages[i].msg_hdr.msg_namelen = sizeof in.names[i];
    in.messages[i].msg_hdr.msg_controllen = CONTROL;
  }
  int k = recvmmsg(sock, in.messages, BATCH, MSG_DONTWAIT, NULL);
  if (k > 0) return k;
  struct pollfd wait = {.fd = sock, .events = POLLIN};
  poll(&wait, 1, wait_ms);
  k = recvmmsg(sock, in.messages, BATCH, MSG_DONTWAIT, NULL);
  return k > 0 ? k : 0;
}

/* Appends an option of fewer than 269 bytes; answers where the next one goes. */
static uint8_t *option(uint8_t *at, int *last, int number, const void *value, size_t length) {
  int delta = number - *last;
  *last = number;
  uint8_t *head = at++;
  if (delta >= 13) *at++ = (uint8_t)(delta - 13);
  if (length >= 13) *at++ = (uint8_t)(length - 13);
  *head = (uint8_t)((delta < 13 ? delta : 13) << 4 | (length < 13 ? (int)length : 13));
  memcpy(at, value, length);
  return at + length;
}

/* One option of a message, where `*at` stands; 0 at the payload or the end. Extended lengths of one byte are enough here. */
static int next_option(const uint8_t **at, const uint8_t *end, int *number, const uint8_t **value, size_t *length) {
  if (*at >= end || **at == 0xff) return 0;
  int delta = **at >> 4;
  *length = **at & 15;
  ++*at;
  if (delta == 13) delta = *(*at)++ + 13;
  else if (delta == 14) { delta = ((*at)[0] << 8 | (*at)[1]) + 269; *at += 2; }
  if (*length == 13) *length = (size_t)*(*at)++ + 13;
  *number += delta;
  *value = *at;
  *at += *length;
  return *at <= end;
}

/* Writes header and token of a confirmable POST; the token is eight bytes of the peer and its sequence. */
static uint8_t *begin_post(uint8_t *at, struct peer *p, uint32_t index) {
  p->sequence++;
  p->message_id++;
  at[0] = 0x48;
  at[1] = 0x02;
  at[2] = (uint8_t)(p->message_id >> 8);
  at[3] = (uint8_t)p->message_id;
  uint32_t mixed = index * 2654435761u ^ p->sequence * 40503u;
  memcpy(at + 4, &index, 4);
  memcpy(at + 8, &mixed, 4);
  return at + 12;
}

static size_t write_register(uint8_t *bytes, struct peer *p, uint32_t index) {
  static const char links[] = "</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>,</4/0>,</5/0>,</3424/0>";
  char name[40];
  uint8_t format = 40;
  int last = 0, length = snprintf(name, sizeof name, "ep=urn:imei:86%013u", index);
  uint8_t *at = begin_post(bytes, p, index);
  at = option(at, &last, 11, "rd", 2);
  at = option(at, &last, 12, &format, 1);
  at = option(at, &last, 15, name, (size_t)length);
  at = option(at, &last, 15, "lt=86400", 8);
  at = option(at, &last, 15, "lwm2m=1.1", 9);
  at = option(at, &last, 15, "b=U", 3);
  *at++ = 0xff;
  memcpy(at, links, sizeof links - 1);
  return (size_t)(at + sizeof links - 1 - bytes);
}

static size_t write_update(uint8_t *bytes, struct peer *p, uint32_t index) {
  int last = 0;
  uint8_t *at = begin_post(bytes, p, index);
  at = option(at, &last, 11, "rd", 2);
  at = option(at, &last, 11, p->location, p->location_length);
  return (size_t)(at - bytes);
}

/* Whether an answer is the acknowledgement, with this code, of the last request of its peer. */
static int answers(const uint8_t *bytes, size_t length, const struct peer *p, uint32_t index, uint8_t code) {
  uint32_t mixed = index * 2654435761u ^ p->sequence * 40503u;
  return length >= 12 && bytes[0] == 0x68 && bytes[1] == code && (bytes[2] << 8 | bytes[3]) == p->message_id &&
         memcmp(bytes + 4, &index, 4) == 0 && memcmp(bytes + 8, &mixed, 4) == 0;
}

/* Keeps the second segment of Location-Path: /rd/{location}. */
static int keep_location(const uint8_t *bytes, size_t length, struct peer *p) {
  const uint8_t *at = bytes + 12, *value;
  size_t size;
  int number = 0, segment = 0;
  while (next_option(&at, bytes + length, &number, &value, &size)) {
    if (number != 8 || segment++ != 1 || size >= sizeof p->location) continue;
    memcpy(p->location, value, size);
    p->location_length = (uint8_t)size;
    return 1;
  }
  return 0;
}

enum what { REGISTER, UPDATE, ECHO };

/* One closed loop: `count` requests over all peers in turn, never more than `window` unanswered. A quiet quarter second ends the wait for
 * what is missing; it counts as lost. */
static void run(enum what what, struct sockaddr_in *server, long count, int window) {
  long sent = 0, answered = 0, wrong = 0, lost = 0;
  int open = 0;
  double began = seconds(), heard = began;
  static uint32_t turn;
  if (what == REGISTER) turn = 0;
  while (sent < count || open > 0) {
    int room = window - open < BATCH ? window - open : BATCH;
    if (room > count - sent) room = (int)(count - sent);
    if (room == BATCH || (room > 0 && (open < window / 2 || sent + room == count))) {
      for (int i = 0; i < room; i++) {
        uint32_t index = turn++ % peer_count;
        struct peer *p = &peers[index];
        out.parts[i].iov_len = what == REGISTER ? write_register(out.bytes[i], p, index) : write_update(out.bytes[i], p, index);
        out.names[i] = *server;
        leave_from(i, FIRST_PEER + index);
      }
      send_batch(room);
      sent += room;
      open += room;
    }
    int k = receive_batch(20);
    if (k > 0) heard = seconds();
    else if (seconds() - heard > QUIET_MS * 1e-3) {
      lost += open;
      open = 0;
      heard = seconds();
    }
    for (int i = 0; i < k; i++) {
      uint32_t index = came_to(i) - FIRST_PEER;
      size_t length = in.messages[i].msg_len;
      const uint8_t *bytes = in.bytes[i];
      int right = 0;
      if (index < peer_count) {
        struct peer *p = &peers[index];
        uint8_t *mine = out.bytes[0];
        if (what == REGISTER) right = answers(bytes, length, p, index, 0x41) && keep_location(bytes, length, p);
        else if (what == UPDATE) right = length == 12 && answers(bytes, length, p, index, 0x44);
        else {
          p->sequence--;
          p->message_id--;
          right = length == write_update(mine, p, index) && memcmp(mine, bytes, length) == 0;
        }
      }
      if (right) answered++;
      else wrong++;
      if (open > 0) open--;
    }
  }
  printf("{\"sent\":%ld,\"answered\":%ld,\"wrong\":%ld,\"lost\":%ld,\"seconds\":%.3f}\n", sent, answered, wrong, lost,
         seconds() - began);
  fflush(stdout);
}

static void be_clients(int server_port) {
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char line[128];
  long count;
  int window;
  open_socket(0);
  peers = calloc(peer_count, sizeof *peers);
  for (uint32_t i = 0; i < peer_count; i++) {
    peers[i].message_id = (uint16_t)(i * 40503u);
    peers[i].location_length = 12;
    memset(peers[i].location, 'x', 12);
  }
  while (fgets(line, sizeof line, stdin)) {
    if (strncmp(line, "register", 8) == 0) run(REGISTER, &server, peer_count, 64);
    else if (sscanf(line, "update %ld %d", &count, &window) == 2) run(UPDATE, &server, count, window);
    else if (sscanf(line, "echo %ld %d", &count, &window) == 2) run(ECHO, &server, count, window);
    else fprintf(stderr, "load: unknown command %s", line);
  }
}

/* Answers one request into datagram m; 0 where it is none. Counts what came. */
static long gets, blocks, bodies, odd;
static size_t answer(const uint8_t *bytes, size_t length, uint32_t address, uint8_t *reply) {
  if (length < 4 || (bytes[0] & 0xf0) != 0x40 || bytes[1] == 0 || bytes[1] > 7) return 0;
  size_t token = bytes[0] & 15;
  const uint8_t *at = bytes + 4 + token, *end = bytes + length, *value, *block = NULL;
  size_t size, block_size = 0;
  int number = 0, last = 0;
  while (next_option(&at, end, &number, &value, &size)) {
    if (number == 27) {
      block = value;
      block_size = size;
    }
  }
  memcpy(reply, bytes, 4 + token);
  reply[0] = (uint8_t)(0x60 | token);
  uint8_t *write = reply + 4 + token;
  if (bytes[1] == 1) {
    gets++;
    reply[1] = 0x45;
    uint8_t text = 0;
    write = option(write, &last, 12, &text, 0);
    *write++ = 0xff;
    write += sprintf((char *)write, "%u", address & 0xffff);
    return (size_t)(write - reply);
  }
  unsigned long word = 0;
  for (size_t i = 0; i < block_size; i++) word = word << 8 | block[i];
  blocks++;
  if (!block || at >= end || (size_t)(end - at) != (16u << (word & 7)) + 1 || at[1] != (uint8_t)(word >> 4)) odd++;
  reply[1] = word & 8 ? 0x5f : 0x44;
  if (!(word & 8)) bodies++;
  if (block) write = option(write, &last, 27, block, block_size);
  return (size_t)(write - reply);
}

static void be_devices(void) {
  int port = open_socket(0);
  struct pollfd both[2] = {{.fd = sock, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  char line[64];
  printf("{\"port\":%d}\n", port);
  fflush(stdout);
  for (;;) {
    poll(both, 2, -1);
    if (both[1].revents) {
      if (!fgets(line, sizeof line, stdin)) return;
      printf("{\"gets\":%ld,\"blocks\":%ld,\"bodies\":%ld,\"wrong\":%ld}\n", gets, blocks, bodies, odd);
      fflush(stdout);
      gets = blocks = bodies = odd = 0;
    }
    if (!both[0].revents) continue;
    int k = receive_batch(0), m = 0;
    for (int i = 0; i < k; i++) {
      uint32_t address = came_to(i);
      if (address >> 24 != IN_LOOPBACKNET) continue;
      out.parts[m].iov_len = answer(in.bytes[i], in.messages[i].msg_len, address, out.bytes[m]);
      if (out.parts[m].iov_len == 0) continue;
      out.names[m] = in.names[i];
      leave_from(m++, address);
    }
    send_batch(m);
  }
}

int main(int count, char **words) {
  if (count == 4 && strcmp(words[1], "client") == 0) {
    peer_count = (uint32_t)atoi(words[3]);
    be_clients(atoi(words[2]));
  } else if (count == 2 && strcmp(words[1], "devices") == 0) be_devices();
  else {
    fprintf(stderr, "load client SERVER_PORT PEERS | load devices\n");
    return 2;
  }
  return 0;
}
