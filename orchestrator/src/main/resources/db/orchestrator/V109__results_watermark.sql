-- Up to when the results are read: nobody's silence is judged beyond it. One row, by the database's clock.
CREATE TABLE results_watermark (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    read_up_to   timestamptz NOT NULL,
    steady_since timestamptz NOT NULL -- since when it has kept up with the time
);
