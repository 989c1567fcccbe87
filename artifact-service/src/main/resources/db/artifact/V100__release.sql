-- Which content each version of each application has; a row never changes but for pinned.
CREATE TABLE release (
    profile text NOT NULL,
    -- empty for an application without editions
    edition text NOT NULL,
    -- the compared numbers and the pre-release, not the spelling
    version text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    -- whether an operator named the hash; if not, it is that of what was fetched first
    pinned boolean NOT NULL,
    -- where it was fetched, without query and user information
    source text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (profile, edition, version)
);
