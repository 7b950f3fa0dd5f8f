-- Why: the first schema. Everything that must survive a kill -9: products, devices with the latest of what they reported,
-- packages, plans with their lists, tasks with their attempts, the upgrade log, firmware tokens and kept answers.
--
-- Instants are UTC milliseconds, bound by the caller. Enumerations are the numbers of server/domain/*.h, which therefore
-- never change. A thing that others name from outside the database (device, package, plan, task) never gives its id to a
-- later one: AUTOINCREMENT. What belongs to a product goes with it by ON DELETE CASCADE, so every such column is indexed.
--
--   product 1--n device 1--n device_mcu
--      |           +--n task n--1 plan        task 1--n task_component, firmware_token
--      |           +--n log_entry n--1 plan
--      +--n package 1--n package_source, package_file
--      +--n plan 1--n plan_component n--1 package     plan 1--n plan_text, plan_list

CREATE TABLE product (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE device (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product ON DELETE CASCADE,
    device_key TEXT NOT NULL,
    secret TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    auth_mode INTEGER NOT NULL,
    session_encrypted INTEGER NOT NULL,
    first_seen_at INTEGER,
    last_seen_at INTEGER,
    battery INTEGER,
    voltage REAL,
    signal INTEGER,
    rsrp INTEGER,
    rsrq INTEGER,
    snr INTEGER,
    flash_free INTEGER,
    module_type TEXT NOT NULL,
    module_version TEXT NOT NULL,
    module_version_info TEXT NOT NULL,
    iccid TEXT NOT NULL,
    imsi TEXT NOT NULL,
    sdk_version TEXT NOT NULL,
    data_protocol TEXT NOT NULL,
    communication_protocol TEXT NOT NULL,
    malformed_frames INTEGER NOT NULL,
    UNIQUE (product_id, device_key)
) STRICT;

-- position: the order in which they were first reported (a full list forgets its oldest)
CREATE TABLE device_mcu (
    device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
    position INTEGER NOT NULL,
    component_no TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (device_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE package (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product ON DELETE CASCADE,
    name TEXT NOT NULL,
    component_type INTEGER NOT NULL,
    package_type INTEGER NOT NULL,
    target_version TEXT NOT NULL,
    remarks TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (product_id, name)
) STRICT;

CREATE TABLE package_source (
    package_id INTEGER NOT NULL REFERENCES package ON DELETE CASCADE,
    position INTEGER NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (package_id, position)
) STRICT, WITHOUT ROWID;

-- stored: the file's name below the data folder's files/
CREATE TABLE package_file (
    package_id INTEGER NOT NULL REFERENCES package ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    stored TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL CHECK (size > 0),
    md5 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    crc32 TEXT NOT NULL,
    PRIMARY KEY (package_id, position)
) STRICT, WITHOUT ROWID;

-- whitelist_count, blacklist_count: rows of plan_list, so that showing a plan need not count a million
-- in_upgrade, final: tasks of that kind, kept by the triggers below, so that a free slot is found without counting
CREATE TABLE plan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product ON DELETE CASCADE,
    name TEXT NOT NULL,
    status INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    time_zone TEXT NOT NULL,
    retries INTEGER NOT NULL,
    min_signal INTEGER NOT NULL,
    min_battery INTEGER NOT NULL,
    timeout_minutes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    activated_at INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    whitelist_count INTEGER NOT NULL DEFAULT 0 CHECK (whitelist_count >= 0),
    blacklist_count INTEGER NOT NULL DEFAULT 0 CHECK (blacklist_count >= 0),
    in_upgrade INTEGER NOT NULL DEFAULT 0 CHECK (in_upgrade >= 0),
    final INTEGER NOT NULL DEFAULT 0 CHECK (final >= 0),
    UNIQUE (product_id, name)
) STRICT;

-- the plans that an evaluation looks at: activated (1) or upgrading (2)
CREATE INDEX plan_active ON plan (activated_at, id) WHERE status IN (1, 2);

CREATE TABLE plan_component (
    plan_id INTEGER NOT NULL REFERENCES plan ON DELETE CASCADE,
    position INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    component_no TEXT NOT NULL,
    name TEXT NOT NULL,
    component_type INTEGER NOT NULL,
    package_id INTEGER NOT NULL REFERENCES package,
    PRIMARY KEY (plan_id, position),
    UNIQUE (plan_id, component_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX plan_component_package ON plan_component (package_id);

CREATE TABLE plan_text (
    plan_id INTEGER NOT NULL REFERENCES plan ON DELETE CASCADE,
    position INTEGER NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (plan_id, position)
) STRICT, WITHOUT ROWID;

-- Keys, not ids: a list may name devices that were not seen yet. list: 0 whitelist, 1 blacklist
CREATE TABLE plan_list (
    plan_id INTEGER NOT NULL REFERENCES plan ON DELETE CASCADE,
    list INTEGER NOT NULL,
    device_key TEXT NOT NULL,
    PRIMARY KEY (plan_id, list, device_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan_id INTEGER NOT NULL REFERENCES plan ON DELETE CASCADE,
    device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
    status INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    wants_sha256 INTEGER NOT NULL,
    url_pending INTEGER NOT NULL,
    url_sent INTEGER NOT NULL,
    deadline INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    current INTEGER NOT NULL,
    UNIQUE (plan_id, device_id)
) STRICT;

CREATE INDEX task_device ON task (device_id);

-- A device is inUpgrade (1) in one plan at a time.
CREATE UNIQUE INDEX task_running ON task (device_id) WHERE status = 1;

CREATE INDEX task_deadline ON task (deadline) WHERE status = 1 AND deadline IS NOT NULL;

CREATE TRIGGER task_counted AFTER INSERT ON task WHEN new.status <> 0 BEGIN
    UPDATE plan SET in_upgrade = in_upgrade + (new.status = 1), final = final + (new.status > 1) WHERE id = new.plan_id;
END;

CREATE TRIGGER task_recounted AFTER UPDATE OF status ON task WHEN new.status <> old.status BEGIN
    UPDATE plan SET in_upgrade = in_upgrade + (new.status = 1) - (old.status = 1),
        final = final + (new.status > 1) - (old.status > 1) WHERE id = new.plan_id;
END;

CREATE TRIGGER task_uncounted AFTER DELETE ON task WHEN old.status <> 0 BEGIN
    UPDATE plan SET in_upgrade = in_upgrade - (old.status = 1), final = final - (old.status > 1) WHERE id = old.plan_id;
END;

-- What the component is, its package and target follow from plan_component: plans with tasks are not edited.
CREATE TABLE task_component (
    task_id INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
    position INTEGER NOT NULL,
    step INTEGER NOT NULL,
    source_version TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    progress INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    unconfirmed INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (task_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_entry (
    id INTEGER PRIMARY KEY,
    plan_id INTEGER NOT NULL REFERENCES plan ON DELETE CASCADE,
    device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
    at INTEGER NOT NULL,
    component_no TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    code INTEGER,
    detail TEXT NOT NULL
) STRICT;

CREATE INDEX log_entry_plan_device ON log_entry (plan_id, device_id);
CREATE INDEX log_entry_device ON log_entry (device_id);

CREATE TABLE firmware_token (
    token TEXT PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
    position INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    file_index INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expired_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX firmware_token_task ON firmware_token (task_id, position);

-- Idempotency-Key: the first answer to a request, given again for 24 hours
CREATE TABLE answer (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    location TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;

CREATE INDEX answer_at ON answer (at);

-- One row that /readyz writes, to know that the disk takes a commit.
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;

INSERT INTO pulse (id, at) VALUES (1, 0);
