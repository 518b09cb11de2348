package org.pgsteward.cli.demo;

import java.util.Locale;
import org.pgsteward.model.Secret;

/** Services of the recording. The recording contains their passwords, which are invented. */
enum DemoService {
    VIKUNJA(
            "CREATE TABLE tasks (id BIGSERIAL PRIMARY KEY, title TEXT NOT NULL, done BOOLEAN NOT NULL DEFAULT false,"
                    + " details JSONB)",
            "INSERT INTO tasks (title, done, details) SELECT 'Water plant ' || n, n % 3 = 0,"
                    + " jsonb_build_object('room', n % 7, 'note', md5(n::text)) FROM generate_series(1, 5000) AS n"),
    HEDGEDOC(
            "CREATE TABLE notes (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), title TEXT, content TEXT)",
            "INSERT INTO notes (title, content) SELECT 'Note ' || n, repeat(md5(n::text) || E'\\n', 20)"
                    + " FROM generate_series(1, 2000) AS n"),
    LINKDING(
            "CREATE TABLE bookmarks (id SERIAL PRIMARY KEY, url TEXT UNIQUE, tags TEXT[])",
            "INSERT INTO bookmarks (url, tags) SELECT 'https://example.org/' || n, ARRAY['tag' || n % 10]"
                    + " FROM generate_series(1, 3000) AS n"),
    NAVIDROME(
            "CREATE TABLE tracks (id SERIAL PRIMARY KEY, album TEXT, title TEXT, seconds INT)",
            "INSERT INTO tracks (album, title, seconds) SELECT 'Album ' || n / 12, 'Track ' || n, 60 + n % 240"
                    + " FROM generate_series(1, 4000) AS n");

    private final String table;
    private final String rows;

    DemoService(String table, String rows) {
        this.table = table;
        this.rows = rows;
    }

    /** Returns the common name of service, database and role. */
    String user() {
        return name().toLowerCase(Locale.ROOT);
    }

    Secret password() {
        return new Secret("demo-" + user());
    }

    String table() {
        return table;
    }

    String rows() {
        return rows;
    }
}
