-- A request is accepted by one row, and carried out afterwards, some installations in a transaction.
ALTER TABLE request
    ADD COLUMN seq         bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN source      text,                        -- where it came from, for incidents; NULL: somebody waits for the answer
    ADD COLUMN body        jsonb,                       -- what is asked for, without the installations
    ADD COLUMN targets     text[] NOT NULL DEFAULT '{}', -- names or ids
    ADD COLUMN taken_count integer NOT NULL DEFAULT 0,   -- how many of the targets have their answer
    ADD COLUMN begun_by    uuid,                         -- the process that has some of them in its hands
    ADD COLUMN death_count integer NOT NULL DEFAULT 0,   -- how many processes ended with these in their hands
    ADD COLUMN finished_at timestamptz;
UPDATE request SET finished_at = at;
CREATE INDEX request_open ON request (seq) WHERE finished_at IS NULL;

-- What became of each target: an upgrade, or the reason why there is none.
CREATE TABLE request_answer (
    request_id   uuid    NOT NULL,
    kind         text    NOT NULL,
    position     integer NOT NULL,
    installation text    NOT NULL,
    upgrade_id   uuid,
    reason       text,
    PRIMARY KEY (request_id, kind, position),
    FOREIGN KEY (request_id, kind) REFERENCES request (id, kind) ON DELETE CASCADE
);
INSERT INTO request_answer (request_id, kind, position, installation, upgrade_id, reason)
SELECT r.id, r.kind, row_number() OVER (PARTITION BY r.id, r.kind), a.value->>'installation',
       (a.value->>'upgradeId')::uuid, a.value->>'reason'
  FROM request r, jsonb_array_elements((r.answer->'accepted') || (r.answer->'refused')) AS a;
ALTER TABLE request DROP COLUMN answer;
