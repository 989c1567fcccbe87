-- Commands are sent before statuses and events, which may be many.
CREATE INDEX outbox_commands ON outbox (id) WHERE topic LIKE 'uplift.commands.%';
