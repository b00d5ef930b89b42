"""SFTP servers, over SSH (draft-ietf-secsh-filexfer-02)."""
