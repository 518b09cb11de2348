package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class GlobalsPlanTest {
    @Test
    void theAdministratorStaysAsHeIsAndOthersAreMade() {
        GlobalsPlan plan = GlobalsPlan.of("""
                --
                -- PostgreSQL database cluster dump
                --

                \\restrict abc
                SET client_encoding = 'UTF8';
                CREATE ROLE homelab;
                ALTER ROLE homelab WITH SUPERUSER PASSWORD 'SCRAM-SHA-256$4096:x';
                CREATE ROLE "my ""app""; x";
                ALTER ROLE "my ""app""; x" WITH NOSUPERUSER LOGIN PASSWORD 'it''s; -- here';
                GRANT readers TO "my ""app""; x" GRANTED BY homelab;
                CREATE ROLE pgsteward_restore_0123abcd;
                """, Set.of("homelab"));
        assertThat(plan.steps())
                .containsExactly(
                        new GlobalsPlan.Step("CREATE ROLE \"my \"\"app\"\"; x\"", "my \"app\"; x"),
                        new GlobalsPlan.Step(
                                "ALTER ROLE \"my \"\"app\"\"; x\" WITH NOSUPERUSER LOGIN PASSWORD 'it''s; -- here'",
                                ""),
                        new GlobalsPlan.Step("GRANT readers TO \"my \"\"app\"\"; x\" GRANTED BY homelab", ""));
        assertThat(plan.strange()).isEmpty();
    }

    @Test
    void whatMakesNoRoleIsNotRunAndALineForPsqlIsNone() {
        GlobalsPlan plan = GlobalsPlan.of(
                "\\! touch /tmp/x\nDROP DATABASE homelab;\nCREATE ROLE a;\n\\! id\nDO $$ BEGIN END $$;\n"
                        + "ALTER ROLE a WITH LOGIN",
                Set.of());
        assertThat(plan.steps())
                .extracting(GlobalsPlan.Step::sql)
                .containsExactly("CREATE ROLE a", "ALTER ROLE a WITH LOGIN");
        assertThat(plan.strange()).containsExactly("DROP DATABASE homelab", "DO $$ BEGIN END $$");
    }
}
