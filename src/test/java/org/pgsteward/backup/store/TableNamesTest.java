package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class TableNamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "public.tasks",
                "vikunja.public.tasks",
                "pg_catalog.pg_largeobject_metadata",
                "\"Gone\".public.\"a\"\"b.c\"",
                "\"line\n\\! touch x\".\"; SELECT 1\"",
                "\"1st\".\"\u00e4\""
            })
    void aQuotedNameIsTaken(String name) {
        assertThat(TableNames.isQuoted(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "public.",
                "public.t\n\\! touch x",
                "public.t; COPY (SELECT 1) TO PROGRAM 'touch x'",
                "\"public\"t",
                "\"public",
                "\"public\"\"",
                "\"\u0000\"",
                "public.t \\g |sh",
                "public.t AS x"
            })
    void anythingElseIsRefused(String name) {
        assertThat(TableNames.isQuoted(name)).isFalse();
    }
}
