package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class SqlScriptTest {
    @Test
    void ignoresTheContentOfADollarQuotedText() {
        SqlScript script = SqlScript.of("""
                CREATE FUNCTION f() AS $_$ it's; $$ \\! $_$ LANGUAGE sql;
                ALTER FUNCTION f() OWNER TO third;
                SELECT $$a;b$$, x$y$z, 'c;$$';
                """);

        assertThat(script.statements().stream().map(SqlScript.Statement::sql))
                .containsExactly(
                        "CREATE FUNCTION f() AS $_$ it's; $$ \\! $_$ LANGUAGE sql",
                        "ALTER FUNCTION f() OWNER TO third",
                        "SELECT $$a;b$$, x$y$z, 'c;$$'");
        assertThat(script.unread()).isEmpty();
    }

    /** The administrator runs plain statements only, and a statement with a dollar-quoted text is never plain. */
    @Test
    void aStatementWithDollarsIsNeverPlain() {
        assertThat(SqlScript.of("COMMENT ON ROLE r IS $$x$$; COMMENT ON ROLE r IS $x; COMMENT ON ROLE r IS 'x$$';")
                        .statements()
                        .stream()
                        .map(SqlScript.Statement::plain))
                .containsExactly(false, false, true);
    }

    @Test
    void aTextInDollarsWithoutAnEndStopsTheReading() {
        SqlScript script = SqlScript.of("SELECT 1; SELECT $a$ x; SELECT $b$;");

        assertThat(script.statements()).hasSize(1);
        assertThat(script.unread()).isEqualTo("an unterminated literal");
    }
}
