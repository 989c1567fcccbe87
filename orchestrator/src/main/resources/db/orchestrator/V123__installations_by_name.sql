-- A name is looked for with and without those that were refused under it.
CREATE INDEX installation_by_name ON installation (name);
