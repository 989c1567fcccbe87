-- The consumers at work. A row whose process does not live any more: it was killed, or died of a record.
CREATE TABLE consumer_run (
    consumer text        NOT NULL,
    instance text        NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, instance)
);

-- After such a death: the records that a process has in its hands, written before it takes them.
CREATE TABLE record_in_hand (
    consumer      text    NOT NULL,
    topic         text    NOT NULL,
    partition     integer NOT NULL,
    record_offset bigint  NOT NULL,
    alone_count   integer NOT NULL DEFAULT 0, -- how often it was begun by itself
    PRIMARY KEY (consumer, topic, partition, record_offset)
);
