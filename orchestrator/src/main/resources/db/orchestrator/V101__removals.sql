-- Installations that were forgotten, for the live feed: their rows cannot tell it any more.
CREATE TABLE removal (
    installation_id uuid PRIMARY KEY,
    body            jsonb       NOT NULL,
    at              timestamptz NOT NULL,
    change_seq      bigint      NOT NULL DEFAULT next_change()
);
CREATE INDEX removal_change ON removal (change_seq);
CREATE INDEX removal_at ON removal (at);
