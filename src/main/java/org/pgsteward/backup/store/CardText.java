package org.pgsteward.backup.store;

import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.Mustache;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;

/**
 * The text of the {@link RecoveryCard}: chooses the listed backups, and fills the template
 * {@code recovery/RECOVERY.md.mustache}. Pure.
 *
 * <p>Some lines of the template have reasons that a reader of the card need not know:
 *
 * <ul>
 *   <li>{@code --no-tablespaces}: tablespaces are folders of the lost server.
 *   <li>{@code --enable-row-security}: it fills a view over a table with {@code FORCE ROW LEVEL SECURITY} as on the old
 *       server. Row security does not restrict the rows that the administrator loads.
 *   <li>The version of {@code pg_restore}: Debian's wrapper runs the newest version on the host. The line only warns,
 *       since it must not end an interactive shell.
 *   <li>{@code in_force}: a server that does not know a setting, or its value, refuses a connection with it.
 *   <li>The {@code awk} program removes the administrator's role, statements that create an existing role, and the
 *       grantors of memberships. A comment, a setting or a name may contain any text, including lines that look like
 *       statements. So the program tracks which quote is open at the end of a line. From version 16 on, grants of
 *       non-superusers are distinguished by their grantors.
 * </ul>
 */
final class CardText {
    /**
     * The largest number of characters of the names in the listed backups. The card contains each name about ten times.
     */
    private static final int MOST_LISTED = 300_000;

    /** The largest number of lines that name backups that are not listed. */
    private static final int MOST_NAMED = 50;

    private static final String TEMPLATE = "/recovery/RECOVERY.md.mustache";

    private final Inventory all;
    private final CardRule rule;
    private final ServerAddress server;
    private final Optional<Copied> copied;

    private CardText(Inventory all, CardRule rule, ServerAddress server, Optional<Copied> copied) {
        this.all = all;
        this.rule = rule;
        this.server = server;
        this.copied = copied;
    }

    /** A target of copies, whose files the card lists. */
    record Copied(String target, CardOrigin origin) {
        String text() {
            return origin.text();
        }

        List<String> lines() {
            return origin.lines();
        }

        boolean hasLines() {
            return !origin.lines().isEmpty();
        }
    }

    /**
     * Returns the text of the card.
     *
     * @param verified the hashes of the files of verified backups, by their ids; an empty hash is unknown
     */
    static String of(Inventory all, Map<String, String> verified, ServerAddress server, Instant now) {
        return of(all, verified, server, Optional.empty(), now);
    }

    /** @param copied the target of the copies; empty for the files of the store */
    static String of(
            Inventory all, Map<String, String> verified, ServerAddress server, Optional<Copied> copied, Instant now) {
        return new CardText(all, new CardRule(verified, all.signedSince()), server, copied).text(now);
    }

    private String text(Instant now) {
        Inventory inventory = all.only(backup -> rule.doubt(backup).isEmpty());
        List<StoredBackup> chosen = inventory.newestOfEach(rule::isVerified);
        List<StoredBackup> listed = listed(chosen);
        List<CardBackup> backups = listed.stream().map(this::plain).toList();
        List<CardBackup> dumps = dumps(listed);
        int major = backups.stream().mapToInt(CardBackup::major).max().orElse(0);
        List<String> notes = notes(inventory, listed);
        List<String> notListed = notListed(chosen.size() - listed.size());
        StringWriter card = new StringWriter();
        template()
                .execute(
                        card,
                        Map.ofEntries(
                                Map.entry("now", now),
                                Map.entry("copied", copied.map(List::of).orElse(List.of())),
                                Map.entry("isPlain", plain().isPresent()),
                                Map.entry("major", major == 0 ? "" : major),
                                Map.entry("encrypted", backups.stream().anyMatch(CardBackup::isEncrypted)),
                                Map.entry("notes", notes),
                                Map.entry("hasNotes", !notes.isEmpty()),
                                Map.entry("server", server),
                                Map.entry("options", ShellWord.of(Server.restoreSettings(major))),
                                Map.entry("backups", backups),
                                Map.entry(
                                        "haveSettings",
                                        dumps.stream()
                                                .anyMatch(
                                                        dump -> !dump.settings().isEmpty())),
                                Map.entry(
                                        "globals",
                                        of(listed, BackupKind.GLOBALS).stream()
                                                .limit(1)
                                                .map(this::plain)
                                                .toList()),
                                Map.entry("dumps", dumps),
                                Map.entry("hasDumps", !dumps.isEmpty()),
                                Map.entry(
                                        "bases",
                                        of(listed, BackupKind.BASE).stream()
                                                .map(this::plain)
                                                .toList()),
                                Map.entry(
                                        "notListed",
                                        notListed.stream().limit(MOST_NAMED).toList()),
                                Map.entry(
                                        "more",
                                        notListed.size() > MOST_NAMED
                                                ? Integer.toString(notListed.size() - MOST_NAMED)
                                                : "")));
        return card.toString();
    }

    private Optional<UnaryOperator<String>> plain() {
        return copied.flatMap(target -> target.origin().plain());
    }

    private CardBackup plain(StoredBackup backup) {
        return new CardBackup(backup, server, plain(), false);
    }

    private static List<StoredBackup> of(List<StoredBackup> listed, BackupKind kind) {
        return listed.stream().filter(backup -> backup.kind() == kind).toList();
    }

    private List<CardBackup> dumps(List<StoredBackup> listed) {
        List<CardBackup> dumps = new ArrayList<>();
        String inForce = "";
        for (StoredBackup dump : of(listed, BackupKind.DUMP)) {
            String own = plain(dump).settings();
            boolean change = !own.isEmpty() && !own.equals(inForce);
            dumps.add(new CardBackup(dump, server, plain(), change));
            inForce = change ? own : inForce;
        }
        return dumps;
    }

    /**
     * Returns as many backups as fit into memory. In a store without a key, another program can add any number of
     * databases.
     */
    private static List<StoredBackup> listed(List<StoredBackup> chosen) {
        List<StoredBackup> listed = new ArrayList<>();
        long names = 0;
        for (StoredBackup backup : chosen) {
            Manifest.Source source = backup.manifest().source();
            DatabaseEnvironment database = backup.manifest().contents().surroundings();
            names += ManifestSize.texts(
                    backup.path(),
                    source.service(),
                    source.database(),
                    source.owner(),
                    database.locale(),
                    database.icuRules(),
                    String.join("", database.assignments()));
            if (names > MOST_LISTED) {
                break;
            }
            listed.add(backup);
        }
        return listed;
    }

    /** Returns a line for each backup that is not the newest, or not verified. */
    private List<String> notes(Inventory inventory, List<StoredBackup> listed) {
        List<String> notes = new ArrayList<>();
        for (StoredBackup backup : listed) {
            String service = plain(backup.manifest().source().service());
            StoredBackup newest = inventory.newestLike(backup);
            if (!rule.isVerified(backup)) {
                notes.add("- " + service + ": **none of its backups is verified**; this file lists the newest.");
            } else if (!newest.equals(backup)) {
                notes.add("- " + service + ": this file lists its newest verified backup, of " + backup.startedAt()
                        + "; a newer backup, of " + newest.startedAt() + ", is not verified: `"
                        + plain(newest.path()) + "`");
            }
        }
        return notes;
    }

    /**
     * Returns a line for each backup or manifest that is not listed.
     *
     * @param left the number of databases that do not fit
     */
    private List<String> notListed(int left) {
        List<String> lines = new ArrayList<>();
        if (left > 0) {
            lines.add("Not listed, since there are too many: " + left + " databases");
        }
        all.newestOfEach()
                .forEach(backup -> rule.doubt(backup)
                        .ifPresent(why -> lines.add("Not listed: `" + plain(backup.path()) + "`: " + plain(why))));
        all.unreadable().forEach((path, reason) -> {
            // A folder represents manifests beyond a limit.
            boolean isFolder = path.endsWith("/") || path.equals(".");
            lines.add("Not listed, since its manifest cannot be read: `" + plain(path) + "`"
                    + (isFolder ? ": " + plain(reason) : ""));
        });
        return lines;
    }

    /** Returns a name for running text, without line ends and backticks. */
    static String plain(String text) {
        return ShellWord.UNFIT.matcher(text).replaceAll(" ").replace('`', ' ');
    }

    private static Mustache template() {
        DefaultMustacheFactory factory = new DefaultMustacheFactory() {
            /** Does not escape: the card is not HTML, and each value is quoted for its place already. */
            @Override
            public void encode(String value, Writer writer) {
                try {
                    writer.write(value);
                } catch (IOException impossible) {
                    throw new UncheckedIOException(impossible);
                }
            }
        };
        return factory.compile(
                new InputStreamReader(
                        Objects.requireNonNull(CardText.class.getResourceAsStream(TEMPLATE), TEMPLATE),
                        StandardCharsets.UTF_8),
                "RECOVERY.md");
    }
}
