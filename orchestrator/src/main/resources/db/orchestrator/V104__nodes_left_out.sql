-- The nodes that are down because an upgrade finished without them.
ALTER TABLE installation ADD COLUMN left_out jsonb NOT NULL DEFAULT '[]';
