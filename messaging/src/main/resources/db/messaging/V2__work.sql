-- A worker's inbox and queue: commands wait here, run one at a time per key, and keep their reply.
CREATE TABLE work (
    command_id  uuid PRIMARY KEY,
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    key         text        NOT NULL,
    scope       text,                           -- what the command does or takes back; null: not a step
    revokes     boolean     NOT NULL,           -- takes its scope back
    epoch       bigint      NOT NULL,
    type        text        NOT NULL,
    traceparent text,
    body        text        NOT NULL,           -- JSON
    deliveries  integer     NOT NULL DEFAULT 0, -- how often it was begun
    received_at timestamptz NOT NULL DEFAULT now(),
    begun_at    timestamptz,
    finished_at timestamptz,
    reply_type  text,
    reply       text                            -- JSON
);
CREATE INDEX work_pending ON work (key, seq) WHERE finished_at IS NULL;
CREATE INDEX work_revoked ON work (scope) WHERE revokes;
CREATE INDEX work_epoch ON work (key, epoch);
CREATE INDEX work_finished_at ON work (finished_at);
