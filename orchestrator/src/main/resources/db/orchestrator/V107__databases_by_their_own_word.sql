-- Which database an installation works on, by its own word and not by its address; NULL: it has not said so yet.
ALTER TABLE installation ADD COLUMN database_id text;

-- The installations whose databases were shown to be others, although they may say the same: physical copies.
ALTER TABLE installation ADD COLUMN database_apart uuid[] NOT NULL DEFAULT '{}';

CREATE UNIQUE INDEX installation_database_id ON installation (
    database_id, COALESCE(CASE WHEN database_apart <> '{}' THEN id END, '00000000-0000-0000-0000-000000000000')
) WHERE database_id IS NOT NULL AND state <> 'REFUSED';

ALTER TABLE saga ADD COLUMN database_id text;
CREATE UNIQUE INDEX saga_live_database_id ON saga (database_id) WHERE live AND database_id IS NOT NULL;

-- What its host was asked last while it was registered, and what was decided of the answer.
ALTER TABLE installation ADD COLUMN inspection jsonb;

-- When its host must have answered at the latest, whatever signs of life it gives.
ALTER TABLE installation ADD COLUMN inspect_until timestamptz;

-- Wishes of operators that an installation gets the fences beside its nodes, and what became of them.
CREATE TABLE fence_taking (
    id              uuid PRIMARY KEY,
    installation_id uuid        NOT NULL,
    installation    text        NOT NULL,
    wish            jsonb       NOT NULL,
    asked_at        timestamptz NOT NULL,
    taken           jsonb,
    problem         text
);
CREATE INDEX fence_taking_installation ON fence_taking (installation_id, asked_at);
