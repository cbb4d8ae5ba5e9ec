// SPDX-License-Identifier: MIT
// Somebody else's program in a container: greets whoever connects with the address that it sees, then sends back what
// it is sent; sends datagrams back as well. It is all that is in its image, hence static.
//   neighbour PORT...    TCP and UDP, IPv4 and IPv6. Says `tcp PORT ADDRESS` and `udp PORT ADDRESS` of all that came.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_PORTS = 8 };

static int listening(int type, int port) {
  int socket_ = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  int yes = 1, no = 0;
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
  if (socket_ < 0) err(1, "socket");
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(socket_, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  if (bind(socket_, (struct sockaddr *)&any, sizeof any) < 0) err(1, "bind %d", port);
  if (type == SOCK_STREAM && listen(socket_, 1024) < 0) err(1, "listen %d", port);
  return socket_;
}

// IPv4 addresses as people write them, without the IPv6 around them.
static const char *nameOf(const struct sockaddr_in6 *peer) {
  static char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr)) inet_ntop(AF_INET, &peer->sin6_addr.s6_addr[12], text, sizeof text);
  else inet_ntop(AF_INET6, &peer->sin6_addr, text, sizeof text);
  return text;
}

static void echo(int connection, const struct sockaddr_in6 *peer) {
  char buffer[65536];
  ssize_t length;
  dprintf(connection, "from %s\n", nameOf(peer));
  while ((length = read(connection, buffer, sizeof buffer)) > 0)
    for (ssize_t done = 0, sent; done < length; done += sent)
      if ((sent = write(connection, buffer + done, length - done)) < 0) _exit(0);
  _exit(0);
}

static void takeConnection(int listener, int port) {
  struct sockaddr_in6 peer;
  socklen_t size = sizeof peer;
  int connection = accept(listener, (struct sockaddr *)&peer, &size);
  if (connection < 0) return;
  printf("tcp %d %s\n", port, nameOf(&peer));
  if (fork() == 0) echo(connection, &peer);
  close(connection);
}

static void takeDatagram(int socket_, int port) {
  char buffer[65536];
  struct sockaddr_in6 peer;
  socklen_t size = sizeof peer;
  ssize_t length = recvfrom(socket_, buffer, sizeof buffer, 0, (struct sockaddr *)&peer, &size);
  if (length < 0) return;
  printf("udp %d %s\n", port, nameOf(&peer));
  sendto(socket_, buffer, length, 0, (struct sockaddr *)&peer, size);
}

static void end(int signal_) { _exit(128 + signal_); }

int main(int count, char **ports) {
  struct pollfd sockets[2 * MOST_PORTS];
  int used = 0;
  if (count < 2 || count > MOST_PORTS + 1) errx(2, "takes 1 to %d ports", MOST_PORTS);
  setlinebuf(stdout);
  signal(SIGCHLD, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, end); // the first process of a container ignores it otherwise
  for (int each = 1; each < count; each++) {
    sockets[used++] = (struct pollfd){.fd = listening(SOCK_STREAM, atoi(ports[each])), .events = POLLIN};
    sockets[used++] = (struct pollfd){.fd = listening(SOCK_DGRAM, atoi(ports[each])), .events = POLLIN};
  }
  puts("ready");
  for (;;) {
    if (poll(sockets, used, -1) < 0) continue;
    for (int each = 0; each < used; each++) {
      if ((sockets[each].revents & POLLIN) == 0) continue;
      if (each % 2 == 0) takeConnection(sockets[each].fd, atoi(ports[each / 2 + 1]));
      else takeDatagram(sockets[each].fd, atoi(ports[each / 2 + 1]));
    }
  }
}
