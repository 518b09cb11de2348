package org.pgsteward.backup.store;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.postgres.Quote;

/**
 * What a dump takes for granted around it and does not bring along: without it, a good dump fails where it is restored.
 *
 * @param encoding of the database, such as {@code UTF8}
 * @param provider of its collation, one letter as in {@code pg_database.datlocprovider}: c, i or b
 * @param collate {@code LC_COLLATE}: constraints and the bounds of partitions may hold in this order only
 * @param ctype {@code LC_CTYPE}
 * @param locale of a provider other than the C library; empty otherwise
 * @param roles that its policies and user mappings name
 * @param schemas in which its extensions are, by extension
 * @param icuRules by which its collation differs from the locale's; empty for none
 * @param tablespace of the database; empty for the server's default
 * @param tablespaces of single tables and indexes
 * @param powers what in it would run with the powers over the cluster that its owner has; empty for nothing
 * @param losses the contents that a restore may lose
 * @param settings in force that change the results of expressions, by name; an empty value is to be read from the dump
 * @param databaseBytes that the database took on the server's disk; 0 where it is not known
 */
public record Surroundings(
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
    /** An older manifest lacks what came later. */
    public Surroundings {
        icuRules = icuRules == null ? "" : icuRules;
        tablespace = tablespace == null ? "" : tablespace;
        tablespaces = tablespaces == null ? List.of() : List.copyOf(tablespaces);
        powers = powers == null ? "" : powers;
        losses = losses == null ? Losses.NONE : losses;
        settings = settings == null ? Map.of() : Map.copyOf(settings);
    }

    /** The surroundings of a dump whose manifest is older than they are, and of globals and base backups. */
    public static final Surroundings UNKNOWN = new Surroundings(
            "UTF8", "c", "C", "C", "", List.of(), Map.of(), "", "", List.of(), "", Losses.NONE, Map.of(), 0);

    /** Returns the words that make a database like it, for the end of {@code CREATE DATABASE}. */
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

    /** Returns the same with other settings. */
    public Surroundings with(Map<String, String> others) {
        return copy(others, databaseBytes);
    }

    /** Returns the same with the bytes that the database took. */
    public Surroundings with(long bytes) {
        return copy(settings, bytes);
    }

    private Surroundings copy(Map<String, String> others, long bytes) {
        return new Surroundings(
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

    /** Returns the same with nothing that may be a secret: a manifest is never encrypted, and a dump may be. */
    public Surroundings withoutSecrets() {
        Map<String, String> shown = new HashMap<>(settings);
        shown.replaceAll((name, value) -> ResultSettings.isOfAnApplication(name) ? "" : value);
        return with(shown);
    }

    /** Returns the names of the settings whose values are only in the dump. */
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

    /** Returns whether they were written down. */
    public boolean areKnown() {
        return !equals(UNKNOWN);
    }
}
