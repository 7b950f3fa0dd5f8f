-- Why: snapshots of a product, to return to a state without making it anew. The rows are in a database of their own below
-- snapshots/ (store/snapshot_rows.h), so that making, restoring and removing one costs nothing to the others; here is what
-- they are called. They go with their product, and are not touched by its reset.
CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product ON DELETE CASCADE,
    name TEXT NOT NULL,
    folder TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    devices INTEGER NOT NULL,
    packages INTEGER NOT NULL,
    plans INTEGER NOT NULL,
    UNIQUE (product_id, name)
) STRICT;
