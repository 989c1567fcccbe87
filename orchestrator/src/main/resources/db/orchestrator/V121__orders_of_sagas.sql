-- What a saga was begun for never changes: it is not written, and not read, with every step.
ALTER TABLE saga ADD COLUMN ordered jsonb;
UPDATE saga
   SET ordered = jsonb_strip_nulls(jsonb_build_object(
           'installation', context->'installation', 'to', context->'to',
           'source', context->'source', 'limits', context->'limits')),
       context = context - 'installation' - 'to' - 'source' - 'limits';
ALTER TABLE saga ALTER COLUMN ordered SET NOT NULL;
