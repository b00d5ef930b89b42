"""What is true of mails and of printed tickets: no clock, no I/O."""
