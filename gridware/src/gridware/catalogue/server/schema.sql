-- A node is a directory or a file; a name leads to it from a directory. Both may have several names: the oldest of
-- its owner's is its own, the others are shown as links to it.
CREATE TABLE IF NOT EXISTS node (
    id INTEGER PRIMARY KEY,
    guid TEXT UNIQUE,                       -- files only
    owner TEXT NOT NULL,                    -- DN; root for what the catalogue made itself
    grp TEXT NOT NULL,
    mode INTEGER NOT NULL,                  -- permission bits
    acl TEXT NOT NULL DEFAULT '',           -- further entries, one a line
    size INTEGER NOT NULL DEFAULT 0,
    checksum TEXT NOT NULL DEFAULT '',
    comment TEXT NOT NULL DEFAULT '',
    made REAL NOT NULL,
    changed REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS name (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent INTEGER NOT NULL REFERENCES node (id),
    name TEXT NOT NULL,
    node INTEGER NOT NULL REFERENCES node (id),
    owner TEXT NOT NULL DEFAULT '',         -- DN of whoever gave a further name; else the node's owner counts
    UNIQUE (parent, name)
);
CREATE INDEX IF NOT EXISTS name_node ON name (node);
CREATE TABLE IF NOT EXISTS replica (
    surl TEXT PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node (id),
    host TEXT NOT NULL,
    owner TEXT NOT NULL,
    made REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS replica_node ON replica (node);
-- What a client is about to do with a file on a storage element; see intents.py.
CREATE TABLE IF NOT EXISTS intent (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                     -- create, replicate, delete
    state TEXT NOT NULL,                    -- open, sweeping, swept
    guid TEXT NOT NULL,
    lfn TEXT NOT NULL DEFAULT '',           -- create only
    surl TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    owner TEXT NOT NULL,
    groups TEXT NOT NULL,                   -- the owner's, one a line
    until REAL NOT NULL                     -- open: dead after that; swept: forgotten after that
);
CREATE INDEX IF NOT EXISTS intent_guid ON intent (guid);
-- Numbers for listings: who is who stays the same for ever.
CREATE TABLE IF NOT EXISTS account (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, name),
    UNIQUE (kind, number)
);
