package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.ChildJava;

@Tag("fast")
class RestorePlanTest {
    /** A list as pg_restore 17 prints it. */
    private static final String LIST = """
            ;
            ; Archive created at 2026-11-24 18:07:58 UTC
            ;     dbname: 7; 2615 16389 SCHEMA - ext boss
            ;
            7; 2615 16389 SCHEMA - ext boss
            8; 2615 16390 SCHEMA - ext two boss
            2; 3079 16390 EXTENSION - postgres_fdw\s
            3452; 0 0 COMMENT - EXTENSION postgres_fdw\s
            3451; 0 0 COMMENT - SCHEMA public pg_database_owner
            226; 1255 16402 FUNCTION public seen() boss
            220; 1259 16406 TABLE public EVENT TRIGGER boss
            3440; 0 16406 TABLE DATA public EVENT TRIGGER boss
            3441; 0 16406 COMMENT public TABLE EVENT TRIGGER boss
            3455; 0 0 COMMENT - LARGE OBJECT 4711 boss
            3290; 3466 16403 EVENT TRIGGER - w boss
            3456; 0 0 COMMENT - EVENT TRIGGER w boss
            3291; 6100 16407 SUBSCRIPTION - elsewhere boss
            3457; 0 0 COMMENT - SUBSCRIPTION elsewhere boss
            """;

    @Test
    void leavesOutAndNamesObjectsOnlyASuperuserCanCreate() {
        RestorePlan plan = RestorePlan.of(LIST, Set.of(), true);

        assertThat(plan.leftOut()).containsExactly("EVENT TRIGGER - w boss", "SUBSCRIPTION - elsewhere boss");
        assertThat(plan.list().lines())
                .containsExactly("7;", "8;", "2;", "3451;", "226;", "220;", "3440;", "3441;", "3455;");
    }

    @Test
    void skipsAnExistingSchemaButNotOneOfASimilarName() {
        assertThat(RestorePlan.of(LIST, Set.of("ext"), true).list().lines())
                .doesNotContain("7;")
                .contains("8;");
        assertThat(RestorePlan.of(LIST, Set.of("ext two"), true).list().lines())
                .contains("7;")
                .doesNotContain("8;");
    }

    /** The restore fills the view again from the tables. */
    @Test
    void leavesOutTheRowsOfMaterializedViews() {
        RestorePlan plan = RestorePlan.of(
                "220; 1259 16406 MATERIALIZED VIEW public m boss\n3440; 0 16406 MATERIALIZED VIEW DATA public m boss\n",
                Set.of(),
                true);

        assertThat(plan).isEqualTo(new RestorePlan("220;\n", "", List.of()));
    }

    @Test
    void aNameMayHaveJavasLineSeparators() {
        assertThat(RestorePlan.of("220; 1259 16406 TABLE public a\u2028b\u0085c boss\n", Set.of(), true)
                        .list())
                .isEqualTo("220;\n");
    }

    /**
     * The plan finds the tables of the archive by their OID, since a schema may be named DATA, and that of a
     * sequence SET.
     */
    @Test
    void rowsOfTablesNotInTheArchiveBelongToAnExtension() {
        RestorePlan plan = RestorePlan.of("""
                2; 3079 16390 EXTENSION - postgis\s
                220; 1259 16406 TABLE public t boss
                221; 1259 16410 TABLE DATA t boss
                222; 1259 16412 SEQUENCE public s boss
                223; 1259 16414 SEQUENCE SET s boss
                3440; 0 16406 TABLE DATA public t boss
                3441; 0 16395 TABLE DATA public spatial_ref_sys homelab
                3442; 0 16410 TABLE DATA DATA t boss
                3450; 0 0 SEQUENCE SET public s boss
                3451; 0 0 SEQUENCE SET SET s boss
                3452; 0 0 SEQUENCE SET topology topology_id_seq homelab
                """, Set.of(), true);

        assertThat(plan.configuration().lines()).containsExactly("3441;", "3452;");
        assertThat(plan.list().lines())
                .containsExactly("2;", "220;", "221;", "222;", "223;", "3440;", "3442;", "3450;", "3451;");
    }

    /**
     * pgsteward reads up to 6 MiB of a list. Once it kept all lines, which took twice as much memory and ended the
     * process.
     */
    @Test
    void aListOfMegabytesIsReadEntryByEntry() throws Exception {
        Process child = new ProcessBuilder(ChildJava.run(List.of("-Xmx12m"), LargeList.class.getName()))
                .redirectErrorStream(true)
                .start();
        String printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(printed.strip()).isEqualTo("80000 entries");
    }

    /** Plans the restore of 80,000 entries. */
    static final class LargeList {
        private LargeList() {}

        public static void main(String[] arguments) {
            String list = "60121; 1259 1000001 TABLE public table_with_a_name_of_usual_length service\n".repeat(80_000);
            RestorePlan plan = RestorePlan.of(list, Set.of(), true);
            System.out.println(plan.list().lines().count() + " entries");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ";", "; 1; 2 3 TABLE x", "not a list at all"})
    void ignoresLinesThatAreNoEntries(String list) {
        assertThat(RestorePlan.of(list, Set.of(), true)).isEqualTo(new RestorePlan("", "", List.of()));
    }
}
