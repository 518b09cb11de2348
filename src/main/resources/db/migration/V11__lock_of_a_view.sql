-- PostgreSQL lets every role update this view, which sets a setting of its own session. With that right a role can also
-- lock the view, and whoever asks for a setting waits. SET and set_config() need no such right.
REVOKE UPDATE ON pg_catalog.pg_settings FROM PUBLIC;
