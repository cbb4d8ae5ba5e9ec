// SPDX-License-Identifier: MIT
// The tables. A migration that was released is never changed: what is to be otherwise comes as another one.

/** Brings a database of version `n` to version `n + 1` (`PRAGMA user_version`), where `n` is its place in the list. */
export type Migration = string;

/** Ids of `name` that stand for no name. Of sums: over all of a kind; of what is nobody's, or not known. */
export const all = 0;
export const none = 1;
/** Id of the type `access_denied`: indexes of refusals alone name it. */
export const denied = 2;

/** The spans that sums are of. `at` of minutes and hours is the second of the epoch at which they begin, of days the number of the day since 1970-01-01. */
export const steps = { minute: 1, hour: 2, day: 3 } as const;
export type Step = keyof typeof steps;

const sumColumns = `
  sessions INTEGER NOT NULL,
  active_ms INTEGER NOT NULL,
  connections INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL,
  denied INTEGER NOT NULL,
  unasked INTEGER NOT NULL`;

const first: Migration = `
-- Words that come again and again: each is kept once.
CREATE TABLE name (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  UNIQUE (kind, text)
) STRICT;
INSERT INTO name (id, kind, text) VALUES (${none}, 'none', ''), (${denied}, 'type', 'access_denied');

-- What would take long to count.
CREATE TABLE fact (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO fact (key, value) VALUES ('events', 0);

-- Events as they came. 'time' is in milliseconds, 'stored' in seconds; 'subject' is empty where it is the service.
-- Type, author, service, person and device are ids of 'name', which loses none: no check costs time here.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  time INTEGER NOT NULL,
  stored INTEGER NOT NULL,
  type INTEGER NOT NULL,
  author INTEGER NOT NULL,
  service INTEGER,
  person INTEGER,
  device INTEGER,
  address TEXT,
  subject TEXT,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_time ON event (time);
CREATE INDEX event_by_type ON event (type, time);
CREATE INDEX event_by_service ON event (service, type, time) WHERE service IS NOT NULL;
-- Of a person, a device or an address only refusals are asked for: sessions have a table of their own.
CREATE INDEX event_by_person ON event (person, time) WHERE type = ${denied} AND person IS NOT NULL;
CREATE INDEX event_by_device ON event (device, time) WHERE type = ${denied} AND device IS NOT NULL;
-- By day: sources come in no order, and a batch would write to every page of one large index.
CREATE INDEX event_by_address ON event (time / 86400000, address, time)
  WHERE type = ${denied} AND address IS NOT NULL;

-- Ids of events that are kept no longer, for as long as the stream may bring them again. 'at' is in seconds.
CREATE TABLE forgotten (id BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX forgotten_by_at ON forgotten (at);

CREATE TABLE session (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  service INTEGER NOT NULL REFERENCES name (id),
  address TEXT NOT NULL,
  mac TEXT,
  device INTEGER REFERENCES name (id),
  person INTEGER REFERENCES name (id),
  country INTEGER REFERENCES name (id),
  rule TEXT,
  since INTEGER NOT NULL,
  ended INTEGER,
  reason TEXT,
  connections INTEGER,
  active_ms INTEGER,
  in_packets INTEGER,
  in_bytes INTEGER,
  out_packets INTEGER,
  out_bytes INTEGER
) STRICT;
CREATE INDEX session_by_since ON session (since);
CREATE INDEX session_by_service ON session (service, since);
CREATE INDEX session_by_person ON session (person, since) WHERE person IS NOT NULL;
CREATE INDEX session_by_device ON session (device, since) WHERE device IS NOT NULL;
CREATE INDEX session_by_address ON session (address, since);
CREATE INDEX session_by_ended ON session (ended) WHERE ended IS NOT NULL;

-- Sums by time: of each service and person, of each alone (the other is ${all}), and of everything.
CREATE TABLE sums (
  step INTEGER NOT NULL,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL,
  service INTEGER NOT NULL,${sumColumns},
  PRIMARY KEY (step, at, person, service)
) STRICT, WITHOUT ROWID;

-- The same by country, and by source. Nobody's are in those of all people alone.
CREATE TABLE country_sums (
  step INTEGER NOT NULL,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL,
  service INTEGER NOT NULL,
  country INTEGER NOT NULL,${sumColumns},
  PRIMARY KEY (step, at, person, service, country)
) STRICT, WITHOUT ROWID;

-- The busiest sources alone; the address of all others is empty.
CREATE TABLE source_sums (
  step INTEGER NOT NULL,
  at INTEGER NOT NULL,
  person INTEGER NOT NULL,
  service INTEGER NOT NULL,
  address TEXT NOT NULL,
  device INTEGER NOT NULL,${sumColumns},
  PRIMARY KEY (step, at, person, service, address, device)
) STRICT, WITHOUT ROWID;

-- For people and programs that read the file: sqlite3 -readonly, Grafana.
CREATE VIEW events AS
  SELECT lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-'
      || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21)) AS id,
    strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0, 'unixepoch') AS time,
    (SELECT text FROM name WHERE name.id = type) AS type,
    (SELECT text FROM name WHERE name.id = author) AS source,
    (SELECT text FROM name WHERE name.id = service) AS service,
    (SELECT text FROM name WHERE name.id = person) AS person,
    (SELECT text FROM name WHERE name.id = device) AS device,
    address, data
  FROM event;
CREATE VIEW sessions AS
  SELECT id,
    (SELECT text FROM name WHERE name.id = service) AS service,
    address, mac,
    (SELECT text FROM name WHERE name.id = device) AS device,
    (SELECT text FROM name WHERE name.id = person) AS person,
    (SELECT text FROM name WHERE name.id = country) AS country,
    rule,
    strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS since,
    strftime('%Y-%m-%dT%H:%M:%fZ', ended / 1000.0, 'unixepoch') AS ended,
    reason, connections, active_ms / 1000.0 AS active, in_bytes, out_bytes
  FROM session;
CREATE VIEW hours AS
  SELECT strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') AS hour, at AS epoch,
    (SELECT text FROM name WHERE name.id = service) AS service,
    nullif((SELECT text FROM name WHERE name.id = person), '') AS person,
    sessions, active_ms / 1000.0 AS active, connections, bytes_in, bytes_out, denied, unasked
  FROM sums WHERE step = ${steps.hour} AND service <> ${all} AND person <> ${all};
CREATE VIEW days AS
  SELECT date(at * 86400, 'unixepoch') AS day,
    (SELECT text FROM name WHERE name.id = service) AS service,
    nullif((SELECT text FROM name WHERE name.id = person), '') AS person,
    sessions, active_ms / 1000.0 AS active, connections, bytes_in, bytes_out, denied, unasked
  FROM sums WHERE step = ${steps.day} AND service <> ${all} AND person <> ${all};
`;

export const migrations: readonly Migration[] = [first];
