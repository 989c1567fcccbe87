-- Which database an installation works on, by its own word and not by its address; NULL: it has not said so yet.
ALTER TABLE installation ADD COLUMN database_id text;

-- Whether it was shown to be another one than those that say the same of themselves: a physical copy.
ALTER TABLE installation ADD COLUMN database_copy boolean NOT NULL DEFAULT false;

CREATE UNIQUE INDEX installation_database_id ON installation (
    database_id, COALESCE(CASE WHEN database_copy THEN id END, '00000000-0000-0000-0000-000000000000')
) WHERE database_id IS NOT NULL AND state <> 'REFUSED';

ALTER TABLE saga ADD COLUMN database_id text;
CREATE UNIQUE INDEX saga_live_database_id ON saga (database_id) WHERE live AND database_id IS NOT NULL;
