-- What upgrades were completed with: that is what a version is. What is forgotten stays, and does not count.
CREATE TABLE release (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    profile text NOT NULL,
    -- empty for an application without editions
    edition text NOT NULL,
    -- the compared numbers and the pre-release, not the spelling
    version text NOT NULL,
    -- of an image; empty for the JAR
    repository text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    -- whether an operator named the hash in any completed upgrade
    pinned boolean NOT NULL,
    -- as it was fetched
    artifact jsonb NOT NULL,
    -- the first upgrade that was completed with it
    upgrade_id uuid NOT NULL,
    installation text NOT NULL,
    completed_at timestamptz NOT NULL,
    forgotten_at timestamptz,
    forgotten_by text,
    forgotten_because text,
    CHECK ((forgotten_at IS NULL) = (forgotten_by IS NULL) AND (forgotten_at IS NULL) = (forgotten_because IS NULL))
);
CREATE UNIQUE INDEX release_counts ON release (profile, edition, version, repository, sha256)
    WHERE forgotten_at IS NULL;
