-- Why: a plan's devices show how often each broke which rule of the protocol. Few do: with an index of the warnings alone
-- (kind 20, see server/store/log_rows.c) it costs next to nothing to see that a device has none.
CREATE INDEX log_entry_warning ON log_entry (plan_id, device_id) WHERE kind = 20;
