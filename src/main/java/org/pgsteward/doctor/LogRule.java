package org.pgsteward.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.ServerLog;

/**
 * Log settings of PostgreSQL that are needed to detect failed logins and slow statements. They are proposed to the
 * operator, and never set by pgsteward.
 */
final class LogRule {
    private static final String SLOW = "5s";

    private LogRule() {}

    /** Returns the proposal; empty if the log is sufficient. */
    static Optional<Diagnosis> judge(Doctor.Log log) {
        ServerLog written = log.written();
        List<String> lacks = new ArrayList<>();
        List<String> remedy = new ArrayList<>();
        List<String> options = new ArrayList<>();
        if (!written.toContainer()) {
            lacks.add("PostgreSQL writes it to files, where Docker cannot read it");
            remedy.add(log.psql().apply("ALTER SYSTEM SET log_destination = 'stderr'"));
            remedy.add(log.psql().apply("ALTER SYSTEM SET logging_collector = off"));
        }
        if (!written.prefix().equals(ServerLog.PREFIX)) {
            lacks.add(
                    written.prefix().equals(ServerLog.DEFAULT_PREFIX)
                            ? "it lacks the client of a refused login, and the reason if its language is not English"
                            : "pgsteward cannot parse lines that begin with '" + written.prefix()
                                    + "', and so misses failed logins");
            remedy.add(
                    "# 'session' stands twice in the prefix, so that no name of a role or database can imitate a line");
            remedy.add(log.psql().apply("ALTER SYSTEM SET log_line_prefix = '" + ServerLog.PREFIX + "'"));
            options.add("log_line_prefix=" + ServerLog.PREFIX);
        }
        if (written.slow().isEmpty() && !log.statements()) {
            lacks.add(
                    "it has no slow statements, and the extension pg_stat_statements, which has more detail, is missing");
            remedy.add(log.psql().apply("ALTER SYSTEM SET log_min_duration_statement = '" + SLOW + "'"));
            remedy.add(log.psql().apply("ALTER SYSTEM SET log_parameter_max_length = 0"));
            options.add("log_min_duration_statement=" + SLOW);
            options.add("log_parameter_max_length=0");
        }
        if (lacks.isEmpty()) {
            return Optional.empty();
        }
        remedy.add(
                written.toContainer()
                        ? log.psql().apply("SELECT pg_reload_conf()")
                        : "docker restart " + LoginRule.word(log.container()));
        if (!options.isEmpty()) {
            remedy.add("# or, if its compose file has a command with settings: command: [\"postgres\", "
                    + String.join(
                            ", ",
                            options.stream()
                                    .map(option -> "\"-c\", \"" + option + "\"")
                                    .toList())
                    + "]");
        }
        return Optional.of(new Diagnosis(
                Diagnosis.Symptom.NOT_SEEN,
                Severity.INFO,
                ServerRule.SERVICE,
                "PostgreSQL's log: " + String.join("; ", lacks),
                String.join("\n", remedy)));
    }
}
