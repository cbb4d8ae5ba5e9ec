// SPDX-License-Identifier: MIT

/**
 * The pattern that a sleeping network card looks for, anywhere in a frame: six bytes ff, then its own address
 * sixteen times, then the SecureOn password where the card was given one (AMD, "Magic Packet Technology",
 * publication 20213). 102, 106 or 108 bytes.
 * @throws TypeError when the address or the password is none
 */
export function magicPacket(mac: string, password: Uint8Array | null): Uint8Array {
  const address = macBytes(mac);
  const secret = password ?? new Uint8Array();
  if (![0, 4, 6].includes(secret.length))
    throw new TypeError(`a SecureOn password has 4 or 6 bytes, not ${secret.length}`);
  const packet = new Uint8Array(6 + 16 * 6 + secret.length).fill(0xff, 0, 6);
  for (let copy = 0; copy < 16; copy++) packet.set(address, 6 + 6 * copy);
  packet.set(secret, 6 + 16 * 6);
  return packet;
}

function macBytes(mac: string): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) throw new TypeError(`not a MAC address: ${mac}`);
  return Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16));
}

/** No card has a group address: whoever wrote it mistyped it. */
export function isGroupMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/** Made up rather than burnt in: of a virtual machine, or a Wi-Fi card that hides its own. */
export function isLocalMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 2) === 2;
}
