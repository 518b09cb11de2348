package org.pgsteward.backup.store;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.postgres.Quote;

/**
 * The properties around a database that its dump requires but does not contain. Without them a good dump fails in a
 * restore.
 *
 * @param encoding the encoding of the database, such as {@code UTF8}
 * @param provider the provider of its collation, one letter as in {@code pg_database.datlocprovider}: c, i or b
 * @param collate {@code LC_COLLATE}. Constraints and the bounds of partitions may hold in this order only.
 * @param ctype {@code LC_CTYPE}
 * @param locale the locale of a provider other than the C library; empty otherwise
 * @param roles the roles in its policies and user mappings
 * @param schemas the schemas of its extensions, by extension
 * @param icuRules the rules by which its collation differs from the locale; empty for none
 * @param tablespace the tablespace of the database; empty for the server's default
 * @param tablespaces the tablespaces of single tables and indexes
 * @param powers the code in the database that would run with its owner's privileges over the cluster; empty for none
 * @param losses the contents that a restore may lose
 * @param settings the settings in force that change the results of expressions, by name. An empty value is only in the
 *     dump.
 * @param databaseBytes the size of the database on the server's disk; 0 if unknown
 */
public record DatabaseEnvironment(
        String encoding,
        String provider,
        String collate,
        String ctype,
        String locale,
        List<String> roles,
        Map<String, String> schemas,
        String icuRules,
        String tablespace,
        List<String> tablespaces,
        String powers,
        Losses losses,
        Map<String, String> settings,
        long databaseBytes) {
    /** An older manifest lacks newer fields. */
    public DatabaseEnvironment {
        icuRules = icuRules == null ? "" : icuRules;
        tablespace = tablespace == null ? "" : tablespace;
        tablespaces = tablespaces == null ? List.of() : List.copyOf(tablespaces);
        powers = powers == null ? "" : powers;
        losses = losses == null ? Losses.NONE : losses;
        settings = settings == null ? Map.of() : Map.copyOf(settings);
    }

    /** The surroundings of globals, base backups and dumps with a manifest from before this field. */
    public static final DatabaseEnvironment UNKNOWN = new DatabaseEnvironment(
            "UTF8", "c", "C", "C", "", List.of(), Map.of(), "", "", List.of(), "", Losses.NONE, Map.of(), 0);

    /** Returns the options of {@code CREATE DATABASE} that create a similar database. */
    public String words() {
        String other = switch (provider) {
            case "i" ->
                " LOCALE_PROVIDER icu ICU_LOCALE " + Quote.literal(locale)
                        + (icuRules.isEmpty() ? "" : " ICU_RULES " + Quote.literal(icuRules));
            case "b" -> " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + Quote.literal(locale);
            default -> "";
        };
        return " ENCODING " + Quote.literal(encoding) + " LC_COLLATE " + Quote.literal(collate) + " LC_CTYPE "
                + Quote.literal(ctype) + other;
    }

    /** Returns the surroundings with other settings. */
    public DatabaseEnvironment with(Map<String, String> others) {
        return copy(others, databaseBytes);
    }

    /** Returns the surroundings with the size of the database in bytes. */
    public DatabaseEnvironment with(long bytes) {
        return copy(settings, bytes);
    }

    private DatabaseEnvironment copy(Map<String, String> others, long bytes) {
        return new DatabaseEnvironment(
                encoding,
                provider,
                collate,
                ctype,
                locale,
                roles,
                schemas,
                icuRules,
                tablespace,
                tablespaces,
                powers,
                losses,
                others,
                bytes);
    }

    /** Returns the surroundings without values that may be secret. A manifest is never encrypted, but a dump may be. */
    public DatabaseEnvironment withoutSecrets() {
        Map<String, String> shown = new HashMap<>(settings);
        shown.replaceAll((name, value) -> ResultSettings.isOfAnApplication(name) ? "" : value);
        return with(shown);
    }

    /** Returns the names of settings with a value that is only in the dump. */
    public List<String> hidden() {
        return settings.entrySet().stream()
                .filter(setting -> setting.getValue().isEmpty())
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** Returns the settings as {@link ResultSettings#assignment} writes them, without hidden ones. */
    public List<String> assignments() {
        return settings.entrySet().stream()
                .filter(setting -> !setting.getValue().isEmpty())
                .flatMap(setting -> ResultSettings.assignment(setting.getKey(), setting.getValue()).stream())
                .sorted()
                .toList();
    }

    /** Returns whether the surroundings were recorded. */
    public boolean areKnown() {
        return !equals(UNKNOWN);
    }
}
