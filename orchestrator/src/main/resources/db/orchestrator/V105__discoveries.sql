-- Searches for what runs on a host; answers are kept for a day.
CREATE TABLE discovery (
    id       uuid PRIMARY KEY,
    -- a host's name, or 'local'
    host     text        NOT NULL,
    site     text        NOT NULL,
    asked_at timestamptz NOT NULL,
    -- without an answer by then it has failed
    due_at   timestamptz NOT NULL,
    -- what was found; NULL: nothing is known yet, or it failed
    found    jsonb,
    problem  text
);
CREATE INDEX discovery_place ON discovery (host, site, due_at);
CREATE INDEX discovery_asked ON discovery (asked_at);
