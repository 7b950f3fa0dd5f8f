-- Why: a product is reset in milliseconds, however much hangs on its devices. What others can find is removed at once;
-- what only its device or plan leads to is removed behind the answer, and noted here until then, also over a crash.

-- what: 0 a device whose tasks, log entries, tokens and MCU versions are still there; 1 a plan whose lists are
CREATE TABLE removed (
    what INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (what, id)
) STRICT, WITHOUT ROWID;

-- Whose thing the answer is about; empty: of no product. Answers of before are forgotten: nobody knows whose they are.
DELETE FROM answer;
ALTER TABLE answer ADD COLUMN product_key TEXT NOT NULL DEFAULT '';
CREATE INDEX answer_product ON answer (product_key);
