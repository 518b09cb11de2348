package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.pgsteward.model.Console;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Size;

/**
 * The number of WAL files that wait for an archiver that fails. PostgreSQL removes none of them, and stops when its disk
 * is full.
 */
final class ArchiverRule extends MetricRule<DatabaseObservation> {
    ArchiverRule() {
        super("archiver-failing", Unit.COUNT);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        WalArchive archive = now.upkeep().archive();
        if (!archive.isFailing()) {
            return List.of(new Finding(
                    PostgresServer.SERVICE,
                    0,
                    archive.on() ? "PostgreSQL archives its WAL" : "archive_mode is off",
                    "",
                    Map.of("files", 0)));
        }
        long files = archive.waiting();
        String setting = archive.library() ? "archive_library" : "archive_command";
        String says = (archive.isMissing()
                        ? "archive_mode is on, but archive_command is empty"
                        : setting + " fails"
                                + archive.failedAt()
                                        .map(at -> ago(now, at, ", last "))
                                        .orElse("")
                                + archive.archivedAt()
                                        .map(at -> ago(now, at, "; it last succeeded "))
                                        .orElse("; it has never succeeded"))
                + (files == 1
                        ? ". PostgreSQL keeps its WAL files"
                        : ". PostgreSQL keeps " + files + " WAL files (" + Size.words(files * archive.fileBytes())
                                + ") and each new one")
                + " until they are archived, and stops when its disk is full";
        return List.of(new Finding(
                PostgresServer.SERVICE,
                (double) files,
                says,
                remedy(now.console(), archive, setting),
                Map.of("files", files, "bytes", files * archive.fileBytes())));
    }

    private static String ago(DatabaseObservation now, Instant at, String words) {
        Duration span = Duration.between(at, now.at());
        return words + Elapsed.words(span.isNegative() ? Duration.ZERO : span) + " ago";
    }

    private static String remedy(Console console, WalArchive archive, String setting) {
        String show = console.psql("SHOW " + setting);
        String discard =
                "# If nothing restores from this archive (pgsteward does not), this discards the files that wait:\n"
                        + (archive.library() ? console.psql("ALTER SYSTEM SET archive_library = ''") + "\n" : "")
                        + console.psql("ALTER SYSTEM SET archive_command = '/bin/true'") + "\n"
                        + console.psql("SELECT pg_reload_conf()");
        return archive.isMissing()
                ? "# Set archive_command. " + discard.substring(2)
                : show + "\ndocker logs --since 10m " + Console.word(console.container())
                        + " 2>&1 | grep -i archiv | tail -n 20\n"
                        + "# Repair its destination, such as a full disk. PostgreSQL then continues within a minute.\n"
                        + discard;
    }
}
