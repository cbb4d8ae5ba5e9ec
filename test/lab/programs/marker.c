// SPDX-License-Identifier: MIT
// Sends one frame that a capture on the same interface can tell from all others:
//
//   marker INTERFACE COOKIE      (COOKIE: 8 hex digits, the first four bytes after the header)
//
// Ethertype 0x88b5 is set aside for local experiments. The frame is addressed to its own sender, so a
// bridge has nobody to pass it on to.
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  struct ifreq request = {0};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0) {
    perror("marker");
    return 1;
  }
  unsigned char frame[60] = {0};
  memcpy(frame, request.ifr_hwaddr.sa_data, 6);
  memcpy(frame + 6, request.ifr_hwaddr.sa_data, 6);
  frame[12] = 0x88;
  frame[13] = 0xb5;
  uint32_t cookie = htonl((uint32_t)strtoul(argv[2], NULL, 16));
  memcpy(frame + 14, &cookie, 4);
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to) < 0) {
    perror("marker");
    return 1;
  }
  return 0;
}
