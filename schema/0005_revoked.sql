-- Why: a fault may revoke a package while devices load it (POST /faults, plan, revokePackage). That is for good: no
-- further firmware information of it is sent, so it must survive a restart.
ALTER TABLE package ADD COLUMN revoked INTEGER NOT NULL DEFAULT 0;
