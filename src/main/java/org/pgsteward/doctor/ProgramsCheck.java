package org.pgsteward.doctor;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Server;

/**
 * Comparison of the programs that back up and restore with the server. They must have its major version. A newer {@code
 * pg_restore} sends settings that an older server refuses, and no other major version starts a base backup.
 */
public final class ProgramsCheck {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");

    private final Server server;
    private final Optional<Path> configured;

    /** @param configured folder of the programs; empty to find them */
    public ProgramsCheck(Server server, Optional<Path> configured) {
        this.server = server;
        this.configured = configured;
    }

    /** Returns what does not fit. PostgreSQL has answered before; without an answer now, nothing is found. */
    List<Diagnosis> diagnose() {
        try {
            Server.Version version = server.version();
            Programs programs = Programs.find(configured, version.major());
            return programs.version().flatMap(ours -> older(ours, version.full())).stream()
                    .toList();
        } catch (IOException e) {
            return List.of(missing(String.valueOf(e.getMessage())));
        } catch (SQLException e) {
            return List.of();
        }
    }

    /** Returns the diagnosis if there are no programs of the server's major version. Then every backup fails. */
    private static Diagnosis missing(String error) {
        return new Diagnosis(
                Diagnosis.Symptom.RESOURCE_TROUBLE,
                Severity.CRITICAL,
                ServerRule.SERVICE,
                "all backups fail: " + error,
                "grep POSTGRES_MAJOR .env   # in the folder of compose.yaml\ndocker compose up --build -d");
    }

    /**
     * Returns a diagnosis if the programs have an older minor version than the server. It needs no action while backups are
     * verified. The releases of November 2026 store an option in each column, which an older {@code pg_dump} writes into
     * the dump, and which an older server refuses.
     */
    static Optional<Diagnosis> older(String programs, String server) {
        Matcher ours = VERSION.matcher(programs);
        Matcher its = VERSION.matcher(server);
        if (!ours.lookingAt()
                || !its.lookingAt()
                || !ours.group(1).equals(its.group(1))
                || Integer.parseInt(ours.group(2)) >= Integer.parseInt(its.group(2))) {
            return Optional.empty();
        }
        return Optional.of(new Diagnosis(
                Diagnosis.Symptom.RESOURCE_TROUBLE,
                Severity.INFO,
                ServerRule.SERVICE,
                "the server has version " + its.group() + ", and pgsteward's programs have the older " + ours.group()
                        + ". If verifications fail, update the programs",
                "docker compose build --pull --no-cache\ndocker compose up -d"));
    }
}
