// SPDX-License-Identifier: MIT
// Accepts connections and closes them at once: a server that costs next to nothing, so that what is measured
// is the way to it.
//
//   accept-loop PORT
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 1;
}

int main(int argc, char **argv) {
  const int port = argc == 2 ? atoi(argv[1]) : 0;
  const int on = 1, off = 0;
  const struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port)};
  const int fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0) return fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (bind(fd, (const struct sockaddr *)&here, sizeof here) < 0) return fail("bind");
  if (listen(fd, 65535) < 0) return fail("listen");
  puts("listening");
  fflush(stdout);
  for (;;) {
    const int connection = accept(fd, NULL, NULL);
    if (connection >= 0) close(connection);
    else if (errno != EINTR && errno != ECONNABORTED) return fail("accept");
  }
}
