-- What every role is told by a database's server until that is started again; NULL: it has not said so yet, or is a file.
ALTER TABLE installation ADD COLUMN database_run_id text;
CREATE INDEX installation_database_run_id ON installation (database_run_id) WHERE database_run_id IS NOT NULL;
