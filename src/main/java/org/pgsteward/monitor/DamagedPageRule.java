package org.pgsteward.monitor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Console;
import org.pgsteward.model.Elapsed;

/**
 * Reads that failed because a page does not match its checksum. Each read of the page counts again. A nightly dump reads
 * every page of a table, so seven days without a failed read mean that the page was repaired or removed. A crash of
 * PostgreSQL loses the counter, but repairs no page.
 */
final class DamagedPageRule extends MetricRule<DatabaseObservation> {
    private static final Duration KEPT = Duration.ofDays(7);

    /** The subject for tables that belong to no database. It is the name of their backups, too. */
    private static final String SHARED = "_globals";

    DamagedPageRule() {
        super("page-damaged", Unit.COUNT);
    }

    @Override
    boolean isTurn(DatabaseObservation now, DatabaseObservation before) {
        return count(now.upkeep().shared()) > count(before.upkeep().shared())
                || now.databases().stream()
                        .anyMatch(database -> database.failures().count() > count(failures(before, database.oid())));
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        List<Finding> findings = new ArrayList<>();
        for (DatabaseObservation.Database database : now.databases()) {
            List<Upkeep.PageFailures> earlier = beforeTheCrash(now, past).stream()
                    .map(look -> failures(look, database.oid()))
                    .toList();
            findings.add(finding(
                    now, database.service(), "its database", database.failures(), earlier, remedy(now, database)));
        }
        findings.add(finding(
                now,
                SHARED,
                "a table that all databases share",
                now.upkeep().shared(),
                beforeTheCrash(now, past).stream()
                        .map(look -> look.upkeep().shared())
                        .toList(),
                shared(now)));
        return findings;
    }

    private static Finding finding(
            DatabaseObservation now,
            String subject,
            String of,
            Upkeep.PageFailures failures,
            List<Upkeep.PageFailures> earlier,
            String remedy) {
        Optional<Upkeep.PageFailures> present = recent(now, failures);
        Optional<Upkeep.PageFailures> known = present.or(() ->
                earlier.stream().flatMap(lost -> recent(now, lost).stream()).reduce((first, last) -> last));
        long count = count(known.orElse(Upkeep.PageFailures.NONE));
        String says = known.map(bad -> "a page of " + of + " is damaged on disk: its checksum was wrong at "
                        + (count == 1 ? "one read" : count + " reads")
                        + bad.last()
                                .map(at -> ", last " + Elapsed.words(age(now, at)) + " ago")
                                .orElse("")
                        + (present.isEmpty() ? ", before the last start of PostgreSQL" : "")
                        + ". Statements that read this page fail. A faulty disk or faulty memory damages more pages")
                .orElse("no read of " + of + " found a wrong checksum within 7 days");
        return new Finding(subject, (double) count, says, remedy, Map.of("failures", count));
    }

    private static Optional<Upkeep.PageFailures> recent(DatabaseObservation now, Upkeep.PageFailures failures) {
        return Optional.of(failures)
                .filter(bad -> bad.count() > 0)
                .filter(bad ->
                        bad.last().map(at -> age(now, at).compareTo(KEPT) < 0).orElse(true));
    }

    private static Duration age(DatabaseObservation now, java.time.Instant at) {
        Duration age = Duration.between(at, now.at());
        return age.isNegative() ? Duration.ZERO : age;
    }

    private static List<DatabaseObservation> beforeTheCrash(DatabaseObservation now, List<DatabaseObservation> past) {
        return past.stream()
                .filter(look -> look.at().isBefore(now.server().recoveredAt()))
                .toList();
    }

    private static Upkeep.PageFailures failures(DatabaseObservation look, long oid) {
        return look.database(oid).map(DatabaseObservation.Database::failures).orElse(Upkeep.PageFailures.NONE);
    }

    private static long count(Upkeep.PageFailures failures) {
        return failures.count();
    }

    private static String remedy(DatabaseObservation now, DatabaseObservation.Database database) {
        Console console = now.console();
        String service = Console.word(database.service());
        return "# 1. Make a backup now. It also shows whether all rows can be read; keep the older verified backups:\n"
                + "pgsteward backup " + service + "\n"
                + "pgsteward backups " + service + "\n"
                + "# 2. Find the damaged object (r: table, t: its long values, i: index):\n"
                + find(console, "base/" + database.oid(), database.name()) + "\n"
                + "# 3. An index: REINDEX INDEX with its name. A table: restore the newest verified backup beside the database:\n"
                + "pgsteward restore " + service + " --into " + Console.word(copy(database.name())) + "\n"
                + hardware("4") + "\n"
                + "# 5. After the repair, this ends the alert:\n"
                + console.psql(database.name(), "SELECT pg_stat_reset()");
    }

    /** PostgreSQL cuts names at 63 bytes; a short name of its own is plain in any shell. */
    private static String copy(String database) {
        return database.matches("[a-z0-9_]{1,50}") ? database + "_restored" : "restored";
    }

    private static String shared(DatabaseObservation now) {
        return "# 1. Make a backup of every database now, and of the roles:\n"
                + "pgsteward backup --all\n"
                + "# 2. Find the damaged object (r: table, i: index):\n"
                + find(now.console(), "global", now.console().database()) + "\n"
                + "# 3. An index: REINDEX INDEX with its name. A table: restore all backups into a new PostgreSQL.\n"
                + hardware("4");
    }

    /** The log has the file of each damaged page. psql prints the object of each file. */
    private static String find(Console console, String folder, String database) {
        return "docker logs " + Console.word(console.container())
                + " 2>&1 | sed -nE 's#.*invalid page in block [0-9]+ of relation " + folder
                + "/([0-9]+).*#SELECT oid::regclass, relkind FROM pg_class WHERE oid = pg_filenode_relation("
                + (folder.equals("global") ? "1664" : "0") + ", \\1);#p' | sort -u | docker exec -i "
                + Console.word(console.container()) + " psql -U " + Console.word(console.user()) + " -d "
                + Console.word(database);
    }

    private static String hardware(String step) {
        return "# " + step
                + ". Check the disk (smartctl -a DEVICE) and the memory (memtest86+). The kernel's messages about them:\n"
                + "dmesg -T | grep -iE 'i/o error|medium error|hardware error|nvme|ata[0-9]' | tail -n 20";
    }
}
