package org.pgsteward.backup.dump;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pgsteward.backup.store.ResultSettings;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * The {@link ResultSettings} at the start of a session in a database. Their sources are the server's files, its command
 * line, {@code ALTER ROLE ALL} or the database. {@code psql} reads them, since the JDBC driver sets some of them
 * itself.
 */
final class SettingsInForce {
    private static final String FIELD = "\u001f";
    private static final String RECORD = "\u001e";

    private SettingsInForce() {}

    /**
     * Returns values by name, without defaults.
     *
     * @throws IOException if they cannot be read
     */
    static Map<String, String> of(Server server, UnprivilegedUser user, Programs programs, String database)
            throws IOException, InterruptedException {
        List<String> command = List.of(
                programs.path("psql").toString(),
                "--no-psqlrc",
                "--no-password",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                "--field-separator=" + FIELD,
                "--record-separator=" + RECORD);
        try (ClientProgram psql = server.start(user, command, database, server.restoreSettings())) {
            String printed = psql.answer(StandardCharsets.UTF_8, stdin -> {
                try (stdin) {
                    stdin.write(ResultSettings.IN_FORCE.getBytes(StandardCharsets.UTF_8));
                }
            });
            Map<String, String> settings = new TreeMap<>();
            for (String row : printed.split(RECORD, -1)) {
                String[] pair = row.strip().split(FIELD, 2);
                if (pair.length == 2) {
                    settings.put(pair[0], pair[1]);
                }
            }
            return settings;
        }
    }
}
