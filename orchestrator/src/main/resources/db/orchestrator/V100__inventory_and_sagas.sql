-- One counter numbers everything that a dashboard may want to hear of: transitions and changed rows.
-- Who takes a number holds a shared lock until its transaction ends. A reader that saw the counter at n
-- and then nobody holding the lock knows that no number up to n is still to come: without this it would
-- skip what commits late.
CREATE SEQUENCE change_seq;

CREATE FUNCTION next_change() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(8480, 1);
    RETURN nextval('change_seq');
END $$;

CREATE TABLE installation (
    id                uuid PRIMARY KEY,
    name              text        NOT NULL,
    state             text        NOT NULL,
    rev               bigint      NOT NULL,
    epoch             bigint      NOT NULL,
    site              text        NOT NULL,
    profile           text,
    spec              jsonb,
    running           jsonb,
    checks            jsonb       NOT NULL,
    problem           text,
    database_identity text,
    live_saga         uuid,
    inspect_due_at    timestamptz,
    updated_at        timestamptz NOT NULL,
    change_seq        bigint      NOT NULL DEFAULT next_change()
);
CREATE UNIQUE INDEX installation_name ON installation (name) WHERE state <> 'REFUSED';
CREATE UNIQUE INDEX installation_database ON installation (database_identity) WHERE state <> 'REFUSED';
CREATE INDEX installation_inspect_due ON installation (inspect_due_at) WHERE inspect_due_at IS NOT NULL;
CREATE INDEX installation_change ON installation (change_seq);

-- live: it may still change the application. A plan never does.
CREATE TABLE saga (
    id                uuid PRIMARY KEY,
    installation_id   uuid        NOT NULL,
    installation      text        NOT NULL,
    kind              text        NOT NULL,
    phase             text        NOT NULL,
    live              boolean     NOT NULL,
    rev               bigint      NOT NULL,
    epoch             bigint      NOT NULL,
    state             jsonb       NOT NULL,
    context           jsonb       NOT NULL,
    database_identity text        NOT NULL,
    source_backup_id  uuid,
    deadline_at       timestamptz,
    deadline_for      text,
    started_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    ended_at          timestamptz,
    change_seq        bigint      NOT NULL DEFAULT next_change()
);
CREATE UNIQUE INDEX saga_live_installation ON saga (installation_id) WHERE live;
CREATE UNIQUE INDEX saga_live_database ON saga (database_identity) WHERE live;
CREATE INDEX saga_deadline ON saga (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX saga_started ON saga (started_at, id);
CREATE INDEX saga_installation ON saga (installation_id, started_at);
CREATE INDEX saga_change ON saga (change_seq);

CREATE TABLE transition_log (
    seq             bigint PRIMARY KEY DEFAULT next_change(),
    saga_id         uuid        NOT NULL,
    rev             bigint      NOT NULL,
    body            jsonb       NOT NULL,
    at              timestamptz NOT NULL
);
CREATE INDEX transition_log_saga ON transition_log (saga_id, seq);
CREATE INDEX transition_log_at ON transition_log (at);

CREATE TABLE backup (
    id              uuid PRIMARY KEY,
    installation_id uuid        NOT NULL,
    installation    text        NOT NULL,
    saga_id         uuid        NOT NULL,
    body            jsonb       NOT NULL,
    edition         text,
    taken_at        timestamptz NOT NULL
);
CREATE INDEX backup_installation ON backup (installation_id, taken_at);
CREATE INDEX backup_taken ON backup (taken_at);

-- What was answered to a request, so that a copy of it gets the same answer and begins nothing.
CREATE TABLE request (
    id       uuid        NOT NULL,
    kind     text        NOT NULL,
    answer   jsonb       NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (id, kind)
);
CREATE INDEX request_at ON request (at);

CREATE TABLE incident (
    id         uuid PRIMARY KEY,
    at         timestamptz NOT NULL,
    source     text        NOT NULL,
    problem    text        NOT NULL,
    upgrade_id uuid
);
CREATE INDEX incident_at ON incident (at, id);
