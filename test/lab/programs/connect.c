// SPDX-License-Identifier: MIT
// Opens TCP connections and says, one JSON object a line, what became of each of them.
//
//   connect -a ADDRESS -p PORT [-t TIMEOUT_MS] [-n COUNT] [-s SOURCE] [-f SOURCE_PORT] [-d PAYLOAD]
//           [-r READ_MS] [-R reset at close] [-F payload in the SYN] [-k keep open, stdin goes out]
//
// Time is taken around connect() alone: process start, socket() and reading are not in it.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "program.h"

struct options {
  struct sockaddr_storage to, from;
  const char *payload;
  int timeout_ms, read_ms, count;
  bool bind_source, reset, fast_open, keep;
};

static unsigned char received[65536];

static void fail(const char *what) {
  fprintf(stderr, "connect: %s: %s\n", what, strerror(errno));
  exit(2);
}

static socklen_t length_of(const struct sockaddr_storage *a) {
  return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

// 0 or an errno. With fast_open the payload travels with the SYN, no cookie asked.
static int connect_within(int fd, const struct options *o) {
  int rc;
  if (o->fast_open) {
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, &on, sizeof on) < 0) return errno;
    rc = sendto(fd, o->payload, strlen(o->payload), MSG_FASTOPEN, (const struct sockaddr *)&o->to,
                length_of(&o->to)) < 0 ? -1 : 0;
  } else {
    rc = connect(fd, (const struct sockaddr *)&o->to, length_of(&o->to));
  }
  if (rc < 0 && errno != EINPROGRESS) return errno;
  int64_t deadline = now_us() + (int64_t)o->timeout_ms * 1000;
  for (;;) {
    int64_t left = deadline - now_us();
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    struct timespec t = timespec_of(left);
    int n = left > 0 ? ppoll(&p, 1, &t, NULL) : 0;
    if (n == 0) return ETIMEDOUT;
    if (n > 0) break;
    if (errno != EINTR) return errno;
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

static bool ends_with(size_t length, const char *tail) {
  size_t n = strlen(tail);
  return length >= n && memcmp(received + length - n, tail, n) == 0;
}

// Until the peer closes, the payload has come back, or (without a payload) anything has come.
static size_t read_answer(int fd, const struct options *o) {
  size_t length = 0;
  int64_t deadline = now_us() + (int64_t)o->read_ms * 1000;
  while (length < sizeof received) {
    int64_t left = (deadline - now_us() + 999) / 1000;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (left <= 0 || poll(&p, 1, (int)left) <= 0) break;
    ssize_t n = recv(fd, received + length, sizeof received - length, 0);
    if (n <= 0) break;
    length += (size_t)n;
    if (o->payload == NULL || ends_with(length, o->payload)) break;
  }
  return length;
}

static void print_string(const unsigned char *bytes, size_t length) {
  putchar('"');
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] == '"' || bytes[i] == '\\') printf("\\%c", bytes[i]);
    else if (bytes[i] < 32 || bytes[i] > 126) printf("\\u%04x", bytes[i]);
    else putchar(bytes[i]);
  }
  putchar('"');
}

static unsigned retransmits(int fd) {
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ? 0 : info.tcpi_total_retrans;
}

static void bind_source(int fd, const struct options *o) {
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (const struct sockaddr *)&o->from, length_of(&o->from)) < 0) fail("bind");
}

// Says what arrives and when the connection ends, until it does; stdin goes to the peer.
static void relay(int fd, int64_t start) {
  struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  for (;;) {
    if (poll(p, 2, -1) < 0) continue;
    if (p[1].revents != 0) {
      ssize_t n = read(0, received, sizeof received);
      if (n <= 0) p[1].fd = -1;
      else if (send(fd, received, (size_t)n, MSG_NOSIGNAL) < 0 && errno != EAGAIN) p[1].fd = -1;
    }
    if (p[0].revents == 0) continue;
    ssize_t n = recv(fd, received, sizeof received, 0);
    if (n < 0 && errno == EAGAIN) continue;
    double ms = (double)(now_us() - start) / 1000;
    if (n <= 0) {
      printf("{\"closed\":\"%s\",\"ms\":%.3f}\n", n == 0 ? "end" : strerrorname_np(errno), ms);
      fflush(stdout);
      return;
    }
    printf("{\"bytes\":%zd,\"ms\":%.3f,\"text\":", n, ms);
    print_string(received, (size_t)n);
    printf("}\n");
    fflush(stdout);
  }
}

static void connect_once(const struct options *o) {
  int fd = socket(o->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (o->bind_source) bind_source(fd, o);
  int64_t start = now_us();
  int error = connect_within(fd, o);
  int64_t took = now_us() - start;
  unsigned again = retransmits(fd);
  size_t length = 0;
  if (error == 0 && !o->keep) {
    if (o->payload != NULL && !o->fast_open && send(fd, o->payload, strlen(o->payload), MSG_NOSIGNAL) < 0)
      error = errno;
    if (o->read_ms > 0) length = read_answer(fd, o);
  }
  printf("{\"connected\":%s,\"errno\":", error == 0 ? "true" : "false");
  if (error == 0) printf("null");
  else printf("\"%s\"", strerrorname_np(error));
  printf(",\"us\":%lld,\"synRetransmits\":%u,\"received\":", (long long)took, again);
  print_string(received, length);
  printf("}\n");
  if (o->keep) fflush(stdout);
  if (o->keep && error == 0) relay(fd, start);
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  if (o->reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

int main(int argc, char **argv) {
  struct options o = {.timeout_ms = 1000, .count = 1};
  const char *address = NULL, *source = NULL;
  int port = 0, source_port = 0, c;
  while ((c = getopt(argc, argv, "a:p:t:n:s:f:d:r:RFk")) != -1) {
    switch (c) {
      case 'a': address = optarg; break;
      case 'p': port = atoi(optarg); break;
      case 't': o.timeout_ms = atoi(optarg); break;
      case 'n': o.count = atoi(optarg); break;
      case 's': source = optarg; break;
      case 'f': source_port = atoi(optarg); break;
      case 'd': o.payload = optarg; break;
      case 'r': o.read_ms = atoi(optarg); break;
      case 'R': o.reset = true; break;
      case 'F': o.fast_open = true; break;
      case 'k': o.keep = true; break;
      default: return 2;
    }
  }
  if (address == NULL || port <= 0 || (o.fast_open && o.payload == NULL)) {
    fprintf(stderr, "connect: needs -a ADDRESS -p PORT, and -d PAYLOAD for -F\n");
    return 2;
  }
  int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
  set_address(&o.to, family, address, port);
  o.bind_source = source != NULL || source_port != 0;
  if (o.bind_source) set_address(&o.from, family, source, source_port);
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < o.count; i++) connect_once(&o);
  return 0;
}
