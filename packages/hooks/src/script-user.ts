// SPDX-License-Identifier: MIT
import { readFile } from 'node:fs/promises';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** @throws Error when there is no such user, or it is root by another name */
export async function findUser(nameOrNumber: string, passwdFile = '/etc/passwd'): Promise<SystemUser> {
  const users = parsePasswd(await readFile(passwdFile, 'utf8'));
  const isNumber = /^\d+$/.test(nameOrNumber);
  const user = users.find(({ name, uid }) =>
    isNumber ? uid === Number(nameOrNumber) : name === nameOrNumber,
  );
  if (user?.uid === 0)
    throw new Error(`run_as: ${nameOrNumber} is root, and programs of hooks never run as root`);
  if (user !== undefined) return user;
  if (!isNumber) throw new Error(`run_as: there is no user ${nameOrNumber} in ${passwdFile}`);
  // A user without a name, as containers have them.
  const uid = Number(nameOrNumber);
  return { name: nameOrNumber, uid, gid: uid, home: '/' };
}

/** Lines of passwd(5); what is none is left out. */
function parsePasswd(text: string): readonly SystemUser[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
    if (name === '' || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home: home === '' ? '/' : home }];
  });
}
