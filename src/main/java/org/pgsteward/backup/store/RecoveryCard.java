package org.pgsteward.backup.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.backup.underway.ServiceFolder;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;

/**
 * {@code RECOVERY.md} in the store: the lines that restore what is there, for somebody who has PostgreSQL's own programs
 * and zstd, and nothing of ours.
 */
public final class RecoveryCard {
    /** The name of the file, in the store's own folder. */
    public static final String NAME = ServiceFolder.RECOVERY_CARD;

    private static final String PART_PREFIX = "." + NAME + ".";
    private static final String PART_SUFFIX = ".part";

    /** Whoever writes it is done within seconds. */
    private static final Duration LEFT = Duration.ofHours(1);

    /**
     * Tablespaces are folders of the server that is lost. With row security a view over a table whose policies hold for
     * its owner too is filled as it was there; the administrator's own rows are not subject to it.
     */
    private static final String OPTIONS = "--exit-on-error --no-tablespaces --enable-row-security";

    /** Debian's {@code pg_restore} is that of the newest version on the host. A shell that is typed into must not exit. */
    private static final String SAME_VERSION = """
            [ "$(pg_restore --version | awk '{print int($3)}')" = \\
              "$(psql -XAtd postgres -c 'SHOW server_version' | awk '{print int($1)}')" ] ||
              echo 'STOP: pg_restore is not of the version of the server;' \\
                'on Debian, type PATH=/usr/lib/postgresql/VERSION/bin:$PATH first' >&2
            """;

    /** A server that does not know a setting, or its value, refuses a connection with it. */
    private static final String IN_FORCE = """
            in_force() {
              options=$PGOPTIONS
              for setting; do
                option="-c $(printf %s "$setting" | sed 's/[\\[:space:]]/\\\\&/g')"
                if PGOPTIONS="$PGOPTIONS $option" psql -qX -d template1 -c '' 2>/dev/null
                then options="$options $option"
                else echo "this server does not take $setting" >&2
                fi
              done
            }
            """;

    private static final String ROLES_THERE =
            "SELECT pg_catalog.format('-- there: CREATE ROLE %I;', rolname) FROM pg_catalog.pg_roles"
                    + " WHERE rolname !~ '[[:cntrl:]]'";

    /** From this version on, a membership is granted by each grantor on its own. */
    private static final int GRANTORS_COUNT = 16;

    /** Characters of the names in the backups that are listed, each of which is there some ten times. */
    private static final int MOST_LISTED = 300_000;

    /** Lines that say what is not listed. */
    private static final int MOST_NAMED = 50;

    private static final Pattern MAJOR = Pattern.compile("\\d{1,4}");

    /** Control and format characters (direction marks among them), lone surrogates, line separators. */
    private static final Pattern UNFIT = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");

    private final Store store;
    private final KnownFolders known;
    private final ServerAddress server;
    private final Clock clock;

    public RecoveryCard(Store store, ServerAddress server, Clock clock) {
        this.store = store;
        this.known = new KnownFolders(store);
        this.server = server;
        this.clock = clock;
    }

    /**
     * Writes it anew, whole or not at all.
     *
     * @param verified the hashes of the files of verified backups, by their ids; an empty one is not known
     * @throws IOException when the disk does not take it; the one of before is then still there
     */
    public synchronized void write(Map<String, String> verified) throws IOException {
        byte[] text =
                text(known.newest(verified), verified, server, clock.instant()).getBytes(StandardCharsets.UTF_8);
        // A command may write it while the daemon does.
        Path part = store.root().resolve(PART_PREFIX + ProcessHandle.current().pid() + PART_SUFFIX);
        try {
            StoreFiles.writePrivate(part, text);
            Files.move(part, store.root().resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
        removeLeftovers();
        StoreFiles.sync(store.root());
    }

    /** What processes left that were killed while they wrote it. */
    private void removeLeftovers() throws IOException {
        List<Path> left;
        try (Stream<Path> files = Files.list(store.root())) {
            left = files.filter(file -> file.getFileName().toString().startsWith(PART_PREFIX)
                            && file.getFileName().toString().endsWith(PART_SUFFIX))
                    .toList();
        }
        for (Path file : left) {
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                            .toInstant()
                            .isBefore(clock.instant().minus(LEFT))) {
                Files.deleteIfExists(file);
            }
        }
    }

    static String text(Inventory all, Map<String, String> verified, ServerAddress server, Instant now) {
        CardRule rule = new CardRule(verified, all.signedSince());
        Inventory inventory = all.only(backup -> rule.doubt(backup).isEmpty());
        List<StoredBackup> chosen = inventory.newestOfEach(rule::isVerified);
        List<StoredBackup> newest = listed(chosen);
        Optional<StoredBackup> globals = newest.stream()
                .filter(backup -> backup.kind() == BackupKind.GLOBALS)
                .findFirst();
        List<StoredBackup> dumps = newest.stream()
                .filter(backup -> backup.kind() == BackupKind.DUMP)
                .toList();
        boolean sealed = newest.stream().anyMatch(RecoveryCard::isSealed);
        int major = newest.stream()
                .mapToInt(backup -> major(backup.manifest()))
                .max()
                .orElse(0);
        StringBuilder card = new StringBuilder("# Restoring without pgsteward\n\n");
        card.append("Written at ")
                .append(now)
                .append(" and after each backup: the newest *proved* backup of each database in this folder, which\n")
                .append("was restored and compared. You need a server of PostgreSQL ")
                .append(major == 0 ? "" : major)
                .append(
                        " or newer, the programs\nof that server's own version (`pg_restore` of 17 fails in a server of 15),")
                .append(" `zstd`")
                .append(sealed ? ", and `age` with the key of what ends in `.age`" : "")
                .append(
                        ".\nOlder backups lie in the same folders and go the same way. All lines are for a shell in this")
                .append(" folder.\n\n")
                .append(
                        "What is in a dump runs with the rights of whoever restores it, and these lines do that as the\n")
                .append("administrator: only for databases that you trust. `pgsteward restore` never does so.\n\n");
        unlike(inventory, newest, rule, card);
        card.append("## First: where to, and is everything whole?\n\nThe administrator's password goes into PGPASSWORD")
                .append(" or `~/.pgpass`.\n\n```sh\n: \"${PGHOST:=")
                .append(server.host())
                .append("}\" \"${PGPORT:=")
                .append(server.port())
                .append("}\" \"${PGUSER:=")
                .append(server.user())
                .append("}\"; export PGHOST PGPORT PGUSER\n")
                .append(
                        "# Stronger than what is set on a database for all who connect: read-only transactions, a role, limits.\n")
                .append("export PGOPTIONS=")
                .append(shell(Server.restoreSettings(major)))
                .append('\n')
                .append(dumps.isEmpty() ? "" : SAME_VERSION)
                .append(sealed ? ": \"${AGE_KEY:=key.txt}\"\n" : "")
                .append("sha256sum -c <<'END'\n");
        newest.forEach(backup -> card.append(backup.manifest().file().sha256())
                .append("  ")
                .append(backup.path())
                .append('\n'));
        card.append("END\n```\n\n## Everything, onto an empty server\n\n");
        card.append("""
                With pgsteward: `pgsteward restore --all --from` and this folder. Without, the roles first, with their
                passwords; the administrator keeps the one that the new server has. The settings that change the results of
                expressions, such as the time zone, are in force for each database as they were. `ALTER ROLE ALL SET`,
                `ALTER SYSTEM` and options of the server's command line are not in it, since `pg_dumpall` leaves them out: the
                new server needs them for what comes afterwards.

                ```sh
                """);
        card.append(
                dumps.stream()
                                .allMatch(dump ->
                                        inForce(dump.manifest().contents().surroundings()).isEmpty())
                        ? ""
                        : IN_FORCE);
        globals.ifPresent(backup -> card.append("{ psql -qXAt -d postgres -c ")
                .append(shell(ROLES_THERE))
                .append(" &&\n  ")
                .append(source(backup))
                .append("; } | LC_ALL=C awk ")
                .append(quoted(withoutAdministrator(server.user(), major(backup.manifest()))))
                .append(" | psql -qX -v ON_ERROR_STOP=1 -o /dev/null -d postgres\n"));
        List<String> settings = List.of();
        for (StoredBackup dump : dumps) {
            List<String> own = inForce(dump.manifest().contents().surroundings());
            if (!own.isEmpty() && !own.equals(settings)) {
                card.append("in_force ").append(String.join(" ", own)).append('\n');
                settings = own;
            }
            // These two are there from the first.
            String name = dump.manifest().source().database();
            boolean made = name.equals("postgres") || name.equals(server.database());
            card.append(source(dump))
                    .append(own.isEmpty() ? " | " : " | PGOPTIONS=$options ")
                    .append("pg_restore " + OPTIONS + " --create")
                    .append(made ? " --clean --if-exists" : "")
                    .append(" -d template1\n");
        }
        card.append("""
                ```

                Tablespaces are left out: everything goes into the default one. Dumps of older versions of pgsteward may name
                one all the same (`tablespace "fast" does not exist`): make it first, in an empty folder that belongs to the
                server's user, by `psql -d postgres -c "CREATE TABLESPACE fast LOCATION '/folder'"`.

                ## One database, beside what is there

                Its role has to be there. Settings that change the results of expressions, such as the time zone, are set on the
                new database as they were in force. What else was set or granted on the database itself is not restored by these
                lines: other `ALTER DATABASE ... SET`, a connection limit, `GRANT ... ON DATABASE`, a comment. Type it by hand, or
                restore everything onto an empty server.
                """);
        dumps.forEach(dump -> one(dump, card));
        newest.stream().filter(backup -> backup.kind() == BackupKind.BASE).forEach(base -> base(base, card));
        notListed(all, rule, chosen.size() - newest.size(), card);
        return card.toString();
    }

    /** As many as fit into memory: in a store without a key, another program can have added any number of databases. */
    private static List<StoredBackup> listed(List<StoredBackup> chosen) {
        List<StoredBackup> listed = new ArrayList<>();
        long names = 0;
        for (StoredBackup backup : chosen) {
            Manifest manifest = backup.manifest();
            names += ManifestSize.texts(
                    backup.path(),
                    manifest.source().service(),
                    manifest.source().database(),
                    manifest.source().owner(),
                    manifest.contents().surroundings().locale(),
                    manifest.contents().surroundings().icuRules(),
                    String.join("", manifest.contents().surroundings().assignments()));
            if (names > MOST_LISTED) {
                break;
            }
            listed.add(backup);
        }
        return listed;
    }

    private static void notListed(Inventory all, CardRule rule, int left, StringBuilder card) {
        List<String> lines = new ArrayList<>();
        if (left > 0) {
            lines.add("Not listed, since there are too many: " + left + " databases");
        }
        all.newestOfEach()
                .forEach(backup -> rule.doubt(backup)
                        .ifPresent(why -> lines.add("Not listed: `" + plain(backup.path()) + "`: " + plain(why))));
        all.unreadable().forEach((path, reason) -> {
            // A folder stands for manifests that are too many.
            boolean isFolder = path.endsWith("/") || path.equals(".");
            lines.add("Not listed, since its manifest cannot be read: `" + plain(path) + "`"
                    + (isFolder ? ": " + plain(reason) : ""));
        });
        lines.stream()
                .limit(MOST_NAMED)
                .forEach(line -> card.append('\n').append(line).append('\n'));
        if (lines.size() > MOST_NAMED) {
            card.append("\nand ").append(lines.size() - MOST_NAMED).append(" more; `pgsteward backups` names them\n");
        }
    }

    /** Where it is not the newest, or not proved. */
    private static void unlike(Inventory inventory, List<StoredBackup> chosen, CardRule rule, StringBuilder card) {
        List<String> lines = new ArrayList<>();
        for (StoredBackup backup : chosen) {
            String service = backup.manifest().source().service();
            StoredBackup newest = inventory.newestLike(backup);
            if (!rule.isVerified(backup)) {
                lines.add("- " + plain(service) + ": **none of its backups is proved**; this is the newest.");
            } else if (!newest.equals(backup)) {
                lines.add("- " + plain(service) + ": here is its newest proved one, of "
                        + backup.manifest().run().startedAt() + "; a newer one, of "
                        + newest.manifest().run().startedAt() + ", is not proved: `" + plain(newest.path()) + "`");
            }
        }
        if (!lines.isEmpty()) {
            card.append(String.join("\n", lines)).append("\n\n");
        }
    }

    private static void one(StoredBackup dump, StringBuilder card) {
        Manifest manifest = dump.manifest();
        String restored = UNFIT.matcher(cut(manifest.source().database())).replaceAll("_") + "_restored";
        card.append(String.format(
                        Locale.ROOT,
                        "%n### %s: %,d bytes of %s, PostgreSQL %s%n%n```sh%n",
                        plain(manifest.source().database()),
                        manifest.file().sizeBytes(),
                        manifest.run().startedAt(),
                        plain(manifest.run().serverVersion())))
                .append("createdb -T template0 -O ")
                .append(shell(manifest.source().owner()))
                .append(locale(manifest.contents().surroundings()))
                .append(" -- ")
                .append(shell(restored))
                .append("\npsql -qX -d postgres -c ")
                .append(shell("REVOKE ALL ON DATABASE " + Quote.identifier(restored) + " FROM PUBLIC"))
                .append('\n')
                .append(settings(restored, manifest.contents().surroundings()))
                .append(source(dump))
                .append(" | pg_restore " + OPTIONS + " -d ")
                .append(shell(Quote.conninfo(restored)))
                .append("\n```\n");
    }

    /** Before the rows are loaded: generated columns and constraints may depend on them. */
    private static String settings(String restored, Surroundings surroundings) {
        List<String> assignments = surroundings.assignments();
        List<String> hidden = surroundings.hidden();
        return (assignments.isEmpty()
                        ? ""
                        : "psql -qX -d postgres -c " + shell(ResultSettings.onDatabase(restored, assignments)) + '\n')
                + (hidden.isEmpty()
                        ? ""
                        : "# Before the next line, set what its functions may read, as 'pg_restore --create -f -' shows: "
                                + plain(String.join(", ", hidden)) + '\n');
    }

    /** One word for each setting, for {@link #IN_FORCE}. */
    private static List<String> inForce(Surroundings surroundings) {
        return surroundings.settings().entrySet().stream()
                .filter(setting -> !setting.getValue().isEmpty() && ResultSettings.isOfTheServer(setting.getKey()))
                .map(setting -> shell(setting.getKey() + "=" + setting.getValue()))
                .sorted()
                .toList();
    }

    /** In other letters or another order a dump may fail, or its text be no text of the database. */
    private static String locale(Surroundings database) {
        if (!database.areKnown()) {
            return "";
        }
        String options = " -E " + shell(database.encoding()) + " --lc-collate=" + shell(database.collate())
                + " --lc-ctype=" + shell(database.ctype());
        return switch (database.provider()) {
            case "i" ->
                options + " --locale-provider=icu --icu-locale=" + shell(database.locale())
                        + (database.icuRules().isEmpty() ? "" : " --icu-rules=" + shell(database.icuRules()));
            case "b" -> options + " --locale-provider=builtin --builtin-locale=" + shell(database.locale());
            default -> options;
        };
    }

    private static void base(StoredBackup base, StringBuilder card) {
        card.append("\n## The whole cluster as files, of ")
                .append(base.manifest().run().startedAt())
                .append("\n\nAs an ordinary user, with the programs of PostgreSQL ")
                .append(base.manifest().run().clientVersion())
                .append(" itself; it runs beside whatever else there is.\n\n```sh\n")
                .append(BaseRestore.lines(file(base.path())))
                .append("```\n");
    }

    private static boolean isSealed(StoredBackup backup) {
        return backup.path().endsWith(".age");
    }

    private static String source(StoredBackup backup) {
        return isSealed(backup)
                ? "age -d -i \"$AGE_KEY\" " + file(backup.path()) + " | zstd -dc"
                : "zstd -dc " + file(backup.path());
    }

    /** A path that no program takes for an option. */
    static String file(String path) {
        return shell(path.startsWith("-") ? "./" + path : path);
    }

    private static int major(Manifest manifest) {
        Matcher digits = MAJOR.matcher(manifest.run().clientVersion());
        return digits.lookingAt() ? Integer.parseInt(digits.group()) : 0;
    }

    /** One word for the shell in one line, whatever is in it. A line break at the end of a name is lost. */
    static String shell(String text) {
        if (UNFIT.matcher(text).find()) {
            return "\"$(printf %b '" + octal(text) + "')\"";
        }
        return text.matches("[A-Za-z0-9_./%~][A-Za-z0-9_./%~-]*") && !text.startsWith("~") ? text : quoted(text);
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /** The same for {@code printf %b}: what an operator cannot see is written as numbers of bytes. */
    private static String octal(String text) {
        StringBuilder words = new StringBuilder();
        text.codePoints().mapToObj(Character::toString).forEach(one -> {
            if (one.equals("'") || one.equals("\\") || UNFIT.matcher(one).matches()) {
                for (byte b : one.getBytes(StandardCharsets.UTF_8)) {
                    words.append(String.format(Locale.ROOT, "\\0%03o", b & 0xff));
                }
            } else {
                words.append(one);
            }
        });
        return words.toString();
    }

    /**
     * A program of {@code awk} that leaves out the administrator's role, what makes a role that is there, and who granted
     * memberships. A comment, a setting or a name may hold any text, lines that look like statements among them; so it notes which
     * quote is open at the end of a line. From version 16 on, grants of others than superusers are kept apart by their grantors.
     */
    private static String withoutAdministrator(String user, int major) {
        String name = "\"?" + regex(user) + "\"?";
        return """
                open == "" && /^-- there: / { there[substr($0, 11)] = 1; next }
                open == "" && /^--/ { print; next }
                open == "" && ($0 in there) { next }
                open == "" && /^ALTER ROLE .* WITH SUPERUSER / { by = $0; sub(/^ALTER ROLE /, "", by)
                  sub(/ WITH SUPERUSER .*/, "", by); super[by] = 1 }
                open == "" && /^(CREATE|ALTER) ROLE %s( WITH .*)?;$/ { next }
                open == "" && /^GRANT / && match($0, / GRANTED BY ("([^"]|"")*"|[a-z_][a-z0-9_]*);$/) {
                  by = substr($0, RSTART + 12, RLENGTH - 13)
                  if (%s(by in super)) $0 = substr($0, 1, RSTART - 1) ";" }
                { print; for (rest = $0; match(rest, /["\\047]/); rest = substr(rest, RSTART + 1)) {
                    quote = substr(rest, RSTART, 1); if (open == "") open = quote; else if (open == quote) open = "" } }""".formatted(name, major >= GRANTORS_COUNT ? "" : "1 || ");
    }

    /** A name that means itself in an extended regular expression. */
    private static String regex(String text) {
        return text.codePoints()
                .mapToObj(Character::toString)
                .map(one -> one.matches("[\\\\^$.|?*+()\\[{/]") ? "\\" + one : one)
                .collect(Collectors.joining());
    }

    /** In running text a name has neither line ends nor marks of its own. */
    private static String plain(String text) {
        return UNFIT.matcher(text).replaceAll(" ").replace('`', ' ');
    }

    /** What a name may have, less what is put behind it. */
    private static String cut(String name) {
        return Stream.iterate(name, one -> one.substring(0, one.offsetByCodePoints(one.length(), -1)))
                .filter(one -> one.getBytes(StandardCharsets.UTF_8).length <= 63 - "_restored".length())
                .findFirst()
                .orElseThrow();
    }
}
