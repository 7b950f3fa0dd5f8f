-- Why: plans on a clock: push periods, planned times, what a suspended plan returns to; clocks that a test sets; what
-- the user of a device answered in manual mode; firmware verifications.
--
--   product 1--0..1 clock        package 1--n verification n--1 device
--                                verification 1--1 plan, with the negated id of the verification: no list shows it

-- push_*: hours 0-23 in time_zone. planned_*: local text as written, *_at its instant; both or neither.
ALTER TABLE plan ADD COLUMN push_start INTEGER;
ALTER TABLE plan ADD COLUMN push_end INTEGER;
ALTER TABLE plan ADD COLUMN planned_start TEXT NOT NULL DEFAULT '';
ALTER TABLE plan ADD COLUMN planned_start_at INTEGER;
ALTER TABLE plan ADD COLUMN planned_end TEXT NOT NULL DEFAULT '';
ALTER TABLE plan ADD COLUMN planned_end_at INTEGER;
ALTER TABLE plan ADD COLUMN suspended_from INTEGER NOT NULL DEFAULT 0;

-- activation: 1, 2, 3 ... in the order in which plans were activated, which their instants do not tell: a clock may stand
-- still or be set back
ALTER TABLE plan ADD COLUMN activation INTEGER;
UPDATE plan SET activation = (SELECT count(*) FROM plan AS other WHERE other.activated_at IS NOT NULL
    AND (other.activated_at, other.id) <= (plan.activated_at, plan.id)) WHERE activated_at IS NOT NULL;
CREATE UNIQUE INDEX plan_activation ON plan (activation);
DROP INDEX plan_active;
CREATE INDEX plan_active ON plan (activation) WHERE status IN (1, 2);

ALTER TABLE task ADD COLUMN user_confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN confirm_from INTEGER;
ALTER TABLE task ADD COLUMN confirm_to INTEGER;

-- product_id 0: the server's clock, for products without a row of their own. mode, value: struct clock
CREATE TABLE clock (
    product_id INTEGER PRIMARY KEY,
    mode INTEGER NOT NULL,
    value INTEGER NOT NULL
) STRICT;

CREATE TRIGGER clock_gone AFTER DELETE ON product BEGIN
    DELETE FROM clock WHERE product_id = old.id;
END;

-- ended: its task is final; kept by the triggers below, so that deadlines are looked for among the running ones only
CREATE TABLE verification (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    package_id INTEGER NOT NULL REFERENCES package ON DELETE CASCADE,
    device_id INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
    component_no TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX verification_package ON verification (package_id, id);
CREATE INDEX verification_device ON verification (device_id);
CREATE INDEX verification_deadline ON verification (deadline) WHERE ended = 0;

CREATE TRIGGER verification_gone AFTER DELETE ON verification BEGIN
    DELETE FROM plan WHERE id = -old.id;
END;

CREATE TRIGGER verification_ended_at_once AFTER INSERT ON task WHEN new.plan_id < 0 AND new.status > 1 BEGIN
    UPDATE verification SET ended = 1 WHERE id = -new.plan_id;
END;

CREATE TRIGGER verification_ended AFTER UPDATE OF status ON task WHEN new.plan_id < 0 AND new.status > 1 BEGIN
    UPDATE verification SET ended = 1 WHERE id = -new.plan_id;
END;
