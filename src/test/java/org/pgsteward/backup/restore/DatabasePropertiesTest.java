package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.Quote;

@Tag("fast")
class DatabasePropertiesTest {
    /** A script as {@code pg_restore --create} writes it. */
    private static final String SCRIPT = """
            \\restrict abc
            SET standard_conforming_strings = on;
            SELECT pg_catalog.set_config('search_path', '', false);
            CREATE DATABASE "my ""d b" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C.UTF-8';
            ALTER DATABASE "my ""d b" OWNER TO boss;
            \\connect "my ""d b"
            COMMENT ON DATABASE "my ""d b" IS E'it''s \\\\ ; here';
            ALTER DATABASE "my ""d b" CONNECTION LIMIT = 40;
            ALTER DATABASE "my ""d b" SET search_path TO '$user', 'public';
            ALTER ROLE "a ""b c" IN DATABASE "my ""d b" SET work_mem TO '3MB';
            REVOKE CONNECT,TEMPORARY ON DATABASE "my ""d b" FROM PUBLIC;
            GRANT CONNECT ON DATABASE "my ""d b" TO reader;
            GRANT ALL ON DATABASE other TO reader;
            ALTER DATABASE other SET session_preload_libraries TO 'x';
            ALTER DATABASE "my ""d b" IS_TEMPLATE = true;
            DROP DATABASE "my ""d b";
            """;

    @Test
    void appliesSettingsAndGrantsToADatabaseOfAnotherName() {
        DatabaseProperties read = DatabaseProperties.of(SCRIPT, "my \"d b", "shop");

        assertThat(read.like()).isEqualTo(" ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C.UTF-8'");
        assertThat(read.properties().stream().map(property -> property.of("new; one")))
                .containsExactly(
                        "COMMENT ON DATABASE \"new; one\" IS E'it''s \\\\ ; here'",
                        "ALTER DATABASE \"new; one\" CONNECTION LIMIT = 40",
                        "ALTER DATABASE \"new; one\" SET search_path TO '$user', 'public'",
                        "ALTER ROLE \"a \"\"b c\" IN DATABASE \"new; one\" SET work_mem TO '3MB'",
                        "REVOKE CONNECT,TEMPORARY ON DATABASE \"new; one\" FROM PUBLIC",
                        "GRANT CONNECT ON DATABASE \"new; one\" TO reader",
                        "ALTER DATABASE \"new; one\" IS_TEMPLATE = true");
    }

    @Test
    void settingsThatChangeResultsAreStatementsForASession() {
        DatabaseProperties read = DatabaseProperties.of("""
                ALTER DATABASE shop SET "TimeZone" TO 'Asia/Tokyo';
                ALTER DATABASE shop SET "DateStyle" TO 'ISO, DMY';
                ALTER DATABASE shop SET search_path TO 'x', 'public';
                ALTER DATABASE shop SET session_preload_libraries TO 'x';
                ALTER DATABASE shop SET row_security TO 'off';
                ALTER ROLE boss IN DATABASE shop SET "TimeZone" TO 'UTC';
                ALTER DATABASE shop SET "TimeZone" TO 'UTC', "x" = 1;
                """, "shop", "shop");

        assertThat(read.ofResults("nobody"))
                .containsExactly("\"TimeZone\" TO 'Asia/Tokyo'", "\"DateStyle\" TO 'ISO, DMY'");
    }

    /** Some applications keep a key in a setting. */
    @Test
    void longSettingsAndThoseWithBackslashesAreRead() {
        String key = "k''".repeat(20_000);
        DatabaseProperties read = DatabaseProperties.of(
                "ALTER DATABASE shop SET \"app.path\" TO E'C:\\\\data\\\\ it''s\nhere';\n"
                        + "ALTER DATABASE shop SET \"app.key\" TO '" + key + "';\n"
                        + "ALTER DATABASE shop SET \"DateStyle\" TO '" + key + "';\n"
                        + "ALTER DATABASE shop SET \"app.long\" TO '" + key.repeat(2) + "';\n",
                "shop",
                "shop");

        assertThat(read.ofResults("nobody"))
                .containsExactly(
                        "\"app.path\" TO " + Quote.literal("C:\\data\\ it's\nhere"), "\"app.key\" TO '" + key + "'");
    }

    @Test
    void settingsOfTheOwnersRoleAreLast() {
        DatabaseProperties read = DatabaseProperties.of("""
                ALTER ROLE shop IN DATABASE shop SET "TimeZone" TO 'UTC';
                ALTER ROLE other IN DATABASE shop SET "TimeZone" TO 'Asia/Tokyo';
                ALTER DATABASE shop SET "TimeZone" TO 'Europe/Berlin';
                """, "shop", "shop");

        assertThat(read.ofResults("shop")).containsExactly("\"TimeZone\" TO 'Europe/Berlin'", "\"TimeZone\" TO 'UTC'");
    }

    @Test
    void itSortsByTheSameRules() {
        DatabaseProperties read = DatabaseProperties.of(
                "CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = icu LOCALE = 'C.UTF-8'"
                        + " ICU_LOCALE = 'en' ICU_RULES = '&a < ''z'' ; x';",
                "shop",
                "shop");

        assertThat(read.like())
                .isEqualTo(" ENCODING 'UTF8' LOCALE_PROVIDER icu LOCALE 'C.UTF-8' ICU_LOCALE 'en'"
                        + " ICU_RULES '&a < ''z'' ; x'");
    }

    /**
     * The administrator applies these settings to a rebuilt server. An operator must apply settings that load code.
     */
    @Test
    void anAdministratorAppliesNoSettingThatLoadsCode() {
        DatabaseProperties read = DatabaseProperties.of("""
                ALTER DATABASE shop SET log_statement TO 'all';
                ALTER ROLE reader IN DATABASE shop SET work_mem TO '3MB';
                ALTER DATABASE shop SET session_preload_libraries TO 'x';
                ALTER ROLE reader IN DATABASE shop SET "local_preload_libraries" TO 'x';
                ALTER DATABASE shop SET dynamic_library_path TO '/tmp';
                ALTER DATABASE shop SET "Session_Preload_Libraries" TO 'x';
                ALTER DATABASE shop SET session_preload_libraries='x';
                ALTER DATABASE shop SET  session_preload_libraries TO 'x';
                ALTER ROLE ALL IN DATABASE shop SET log_statement TO 'all';
                ALTER ROLE current_user IN DATABASE shop SET log_statement TO 'all';
                ALTER DATABASE shop CONNECTION LIMIT = 40;
                GRANT CONNECT ON DATABASE shop TO reader;
                """, "shop", "shop");

        assertThat(read.properties().stream()
                        .filter(DatabaseProperties.Property::isAnAdministrators)
                        .map(property -> property.of("shop")))
                .containsExactly(
                        "ALTER DATABASE \"shop\" SET log_statement TO 'all'",
                        "ALTER ROLE reader IN DATABASE \"shop\" SET work_mem TO '3MB'");
    }

    @Test
    void aCopyIsClosedToPublicAndListsItsOpeningGrants() {
        DatabaseProperties read = DatabaseProperties.of("""
                GRANT ALL ON DATABASE shop TO PUBLIC;
                GRANT CREATE ON DATABASE shop TO PUBLIC WITH GRANT OPTION;
                REVOKE ALL ON DATABASE shop FROM PUBLIC;
                GRANT ALL ON DATABASE shop TO "PUBLIC";
                """, "shop", "shop");

        assertThat(read.closed().properties().stream().map(property -> property.of("copy")))
                .containsExactly(
                        "REVOKE ALL ON DATABASE \"copy\" FROM PUBLIC", "GRANT ALL ON DATABASE \"copy\" TO \"PUBLIC\"");
        assertThat(read.opening("copy"))
                .containsExactly(
                        "GRANT ALL ON DATABASE \"copy\" TO PUBLIC",
                        "GRANT CREATE ON DATABASE \"copy\" TO PUBLIC WITH GRANT OPTION");
    }

    @Test
    void aStatementThatMayHideASecondOneIsNotRun() {
        for (String tampered : java.util.List.of(
                "ALTER DATABASE shop SET app.x TO $a$ ' $a$; CREATE ROLE mallory SUPERUSER LOGIN; --';",
                "ALTER DATABASE shop SET app.x TO 'x' /* ' */; CREATE ROLE mallory SUPERUSER LOGIN; --';",
                "COMMENT ON DATABASE shop IS $$ ' $$; CREATE ROLE mallory; --';")) {
            DatabaseProperties read = DatabaseProperties.of(tampered, "shop", "shop");

            assertThat(read.properties()).as(tampered).isEmpty();
            assertThat(read.strange()).as(tampered).isEqualTo(1);
        }
    }

    /** Any role may make settings for itself in any database, and pg_dump writes them into that database's dump. */
    @Test
    void limitsSettingsOfOtherRolesAndKeepsTheOwners() {
        String large = "x".repeat(50_000);
        String script = """
                CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8';
                ALTER ROLE wiki IN DATABASE shop SET a.b TO 'small';
                """
                + ("ALTER ROLE wiki IN DATABASE shop SET a.c TO '" + large + "';\n").repeat(300)
                + "ALTER ROLE shop IN DATABASE shop SET work_mem TO '5MB';\n"
                + "ALTER DATABASE shop SET \"TimeZone\" TO 'UTC';\n";

        DatabaseProperties read = DatabaseProperties.of(script, "shop", "shop");

        assertThat(read.properties()).hasSize(5);
        assertThat(read.ofResults("shop")).containsExactly("\"TimeZone\" TO 'UTC'");
        assertThat(read.properties())
                .extracting(DatabaseProperties.Property::before)
                .contains("ALTER ROLE shop IN DATABASE ");
        assertThat(read.oversized()).isEqualTo(298);
    }
}
