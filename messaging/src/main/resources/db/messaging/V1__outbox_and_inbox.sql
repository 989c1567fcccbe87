-- Messages to send, written in the transaction that decided on them; the relay deletes what Kafka acknowledged.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text        NOT NULL,
    key        text,
    headers    text        NOT NULL, -- JSON object
    value      bytea,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Ids of the messages whose effects are committed.
CREATE TABLE inbox (
    message_id uuid PRIMARY KEY,
    claimed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_claimed_at ON inbox (claimed_at);
