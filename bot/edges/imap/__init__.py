"""Mail by IMAP (RFC 3501), read-only: EXAMINE and BODY.PEEK, UIDs only. Nothing in a mailbox is ever changed."""
