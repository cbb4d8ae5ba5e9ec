// SPDX-License-Identifier: MIT
// In which country, and in whose network, an address is: a built-in database, or files of the user's own.
export { type DatabaseStatus, type GeoDatabases, type GeoOptions, openGeo } from './geo.ts';
