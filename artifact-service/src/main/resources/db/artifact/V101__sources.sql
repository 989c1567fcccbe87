-- What content a version has is the orchestrator's to know, by the upgrades that were completed.
DROP TABLE release;

-- What a URL gave when it was fetched from last: it saves transfers and decides nothing.
CREATE TABLE source (
    -- of the URL, which may hold what nobody should read
    url_sha256 text PRIMARY KEY CHECK (url_sha256 ~ '^[0-9a-f]{64}$'),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    -- as the server sent them with the content; one of them at least
    etag text,
    last_modified text,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    CHECK (etag IS NOT NULL OR last_modified IS NOT NULL)
);
CREATE INDEX source_fetched ON source (fetched_at);
