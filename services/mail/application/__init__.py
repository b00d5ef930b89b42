"""What mail does: store messages, mail tickets, drain the outbox."""
