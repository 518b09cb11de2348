package org.pgsteward.backup.store;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ServerAddress;

/**
 * The placeholders of one backup in the template of {@link CardText}. An empty text leaves out its section. Each text is fit for
 * its place: a word of the shell, or one line of Markdown.
 */
final class CardBackup {
    /** From this version on, a membership is granted by each grantor on its own. */
    private static final int GRANTORS_COUNT = 16;

    private static final Pattern MAJOR = Pattern.compile("\\d{1,4}");

    private final StoredBackup backup;
    private final Manifest manifest;
    private final Surroundings database;
    private final ServerAddress server;
    private final boolean settingsChange;

    /** @param settingsChange whether its settings are not those that are in force for the dump before it */
    CardBackup(StoredBackup backup, ServerAddress server, boolean settingsChange) {
        this.backup = backup;
        this.manifest = backup.manifest();
        this.database = manifest.contents().surroundings();
        this.server = server;
        this.settingsChange = settingsChange;
    }

    String sha256() {
        return manifest.file().sha256();
    }

    String path() {
        return backup.path();
    }

    /** Returns the commands that write the opened file to their output. */
    String source() {
        String file = ShellWord.file(path());
        return isEncrypted() ? "age -d -i \"$AGE_KEY\" " + file + " | zstd -dc" : "zstd -dc " + file;
    }

    boolean isEncrypted() {
        return path().endsWith(".age");
    }

    String name() {
        return CardText.plain(manifest.source().database());
    }

    String size() {
        return String.format(Locale.ROOT, "%,d", manifest.file().sizeBytes());
    }

    Instant startedAt() {
        return manifest.run().startedAt();
    }

    String serverVersion() {
        return CardText.plain(manifest.run().serverVersion());
    }

    String clientVersion() {
        return manifest.run().clientVersion();
    }

    /** Returns the major version of the program that made it; 0 when that is unknown. */
    int major() {
        Matcher digits = MAJOR.matcher(clientVersion());
        return digits.lookingAt() ? Integer.parseInt(digits.group()) : 0;
    }

    String owner() {
        return ShellWord.of(manifest.source().owner());
    }

    /** In other letters or another order a dump may fail, or its text be no text of the database. */
    String locale() {
        if (!database.areKnown()) {
            return "";
        }
        String options = " -E " + ShellWord.of(database.encoding()) + " --lc-collate="
                + ShellWord.of(database.collate()) + " --lc-ctype=" + ShellWord.of(database.ctype());
        String locale = ShellWord.of(database.locale());
        return switch (database.provider()) {
            case "i" ->
                options + " --locale-provider=icu --icu-locale=" + locale
                        + (database.icuRules().isEmpty() ? "" : " --icu-rules=" + ShellWord.of(database.icuRules()));
            case "b" -> options + " --locale-provider=builtin --builtin-locale=" + locale;
            default -> options;
        };
    }

    String restored() {
        return ShellWord.of(restoredName());
    }

    String connection() {
        return ShellWord.of(Quote.conninfo(restoredName()));
    }

    String revokeConnect() {
        return ShellWord.of("REVOKE ALL ON DATABASE " + Quote.identifier(restoredName()) + " FROM PUBLIC");
    }

    /** Before the rows are loaded: generated columns and constraints may depend on them. */
    String setSettings() {
        List<String> assignments = database.assignments();
        return assignments.isEmpty() ? "" : ShellWord.of(ResultSettings.onDatabase(restoredName(), assignments));
    }

    String hiddenSettings() {
        return CardText.plain(String.join(", ", database.hidden()));
    }

    /** Returns one word for each setting, for the function {@code in_force}. */
    String settings() {
        return database.settings().entrySet().stream()
                .filter(setting -> !setting.getValue().isEmpty() && ResultSettings.isOfTheServer(setting.getKey()))
                .map(setting -> ShellWord.of(setting.getKey() + "=" + setting.getValue()))
                .sorted()
                .collect(Collectors.joining(" "));
    }

    boolean settingsChange() {
        return settingsChange;
    }

    /** Returns whether a new server has a database of this name from the first. */
    boolean isInNewServers() {
        String name = manifest.source().database();
        return name.equals("postgres") || name.equals(server.database());
    }

    /** Returns the administrator's name, which means itself in a regular expression of {@code awk}. */
    String administrator() {
        return ShellWord.within(server.user()
                .codePoints()
                .mapToObj(Character::toString)
                .map(one -> one.matches("[\\\\^$.|?*+()\\[{/]") ? "\\" + one : one)
                .collect(Collectors.joining()));
    }

    /** Returns whether grants of others than superusers are kept apart by their grantors. */
    boolean keepsGrantors() {
        return major() >= GRANTORS_COUNT;
    }

    /** Returns the commands that restore a base backup. */
    String lines() {
        return BaseRestore.lines(ShellWord.file(path())).stripTrailing();
    }

    /** Returns the longest name that fits, with no character that an operator cannot see. */
    private String restoredName() {
        String cut = Stream.iterate(
                        manifest.source().database(), one -> one.substring(0, one.offsetByCodePoints(one.length(), -1)))
                .filter(one -> one.getBytes(StandardCharsets.UTF_8).length <= 63 - "_restored".length())
                .findFirst()
                .orElseThrow();
        return ShellWord.UNFIT.matcher(cut).replaceAll("_") + "_restored";
    }
}
