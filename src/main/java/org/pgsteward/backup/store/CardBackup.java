package org.pgsteward.backup.store;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ServerAddress;

/**
 * The placeholders of one backup in the template of {@link CardText}. An empty text omits its section. Each text is
 * quoted for its place: a word of the shell, or one line of Markdown.
 */
final class CardBackup {
    /** The first version in which each grantor grants a membership separately. */
    private static final int GRANTORS_COUNT = 16;

    private static final Pattern MAJOR = Pattern.compile("\\d{1,4}");

    private final StoredBackup backup;
    private final Manifest manifest;
    private final DatabaseEnvironment database;
    private final ServerAddress server;
    private final boolean settingsChange;
    private final Optional<UnaryOperator<String>> plain;

    /**
     * @param plain returns the command that writes the plain content of a file, by its path; empty for a file in the form of
     *     the store
     * @param settingsChange whether its settings differ from the settings in force for the dump before it
     */
    CardBackup(
            StoredBackup backup, ServerAddress server, Optional<UnaryOperator<String>> plain, boolean settingsChange) {
        this.plain = plain;
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

    /** Returns the commands that write the decrypted and decompressed file to their output. */
    String source() {
        if (plain.isPresent()) {
            return plain.get().apply(path());
        }
        String file = ShellWord.file(path());
        return isEncrypted() ? "age -d -i \"$AGE_KEY\" " + file + " | zstd -dc" : "zstd -dc " + file;
    }

    boolean isEncrypted() {
        return plain.isEmpty() && path().endsWith(".age");
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

    /** Returns the major version of the program that made the backup; 0 if unknown. */
    int major() {
        Matcher digits = MAJOR.matcher(clientVersion());
        return digits.lookingAt() ? Integer.parseInt(digits.group()) : 0;
    }

    String owner() {
        return ShellWord.of(manifest.source().owner());
    }

    /** Returns the options for the encoding and the locale. With others a dump may fail, or its text may be invalid. */
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

    /**
     * Returns the statement for settings. They are set before the rows are loaded, since generated columns and
     * constraints may depend on them.
     */
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

    /** Returns whether every new server has a database of this name. */
    boolean isInNewServers() {
        String name = manifest.source().database();
        return name.equals("postgres") || name.equals(server.database());
    }

    /** Returns the administrator's name, escaped for a regular expression of {@code awk}. */
    String administrator() {
        return ShellWord.within(server.user()
                .codePoints()
                .mapToObj(Character::toString)
                .map(one -> one.matches("[\\\\^$.|?*+()\\[{/]") ? "\\" + one : one)
                .collect(Collectors.joining()));
    }

    /** Returns whether the server distinguishes grants of non-superusers by their grantors. */
    boolean keepsGrantors() {
        return major() >= GRANTORS_COUNT;
    }

    /** Returns the commands that restore a base backup. */
    String lines() {
        return (plain.isPresent() ? BaseRestore.unpacking(source()) : BaseRestore.lines(ShellWord.file(path())))
                .stripTrailing();
    }

    /** Returns the longest name that fits, without invisible characters. */
    private String restoredName() {
        String cut = Stream.iterate(
                        manifest.source().database(), one -> one.substring(0, one.offsetByCodePoints(one.length(), -1)))
                .filter(one -> one.getBytes(StandardCharsets.UTF_8).length <= 63 - "_restored".length())
                .findFirst()
                .orElseThrow();
        return ShellWord.UNFIT.matcher(cut).replaceAll("_") + "_restored";
    }
}
