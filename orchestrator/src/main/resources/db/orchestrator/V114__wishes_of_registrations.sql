-- Whether a wish came with a registration, with which it is fulfilled or refused.
ALTER TABLE fence_taking ADD COLUMN registration boolean NOT NULL DEFAULT false;
UPDATE fence_taking SET registration = true
  FROM installation i WHERE i.id = installation_id AND i.state IN ('REGISTERING', 'REFUSED') AND i.spec IS NULL;
CREATE INDEX fence_taking_open ON fence_taking (asked_at) WHERE taken IS NULL AND problem IS NULL;
