package org.pgsteward.provision;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address in keywords: those of libpq ({@code host=db user=app password='p w' dbname=app}), or those of .NET
 * ({@code Host=db;Username=app;Password=pw;Database=app}).
 */
final class KeywordAddress {
    /** A value in single quotes may hold spaces, and a backslash before a quote. */
    private static final Pattern PAIR = Pattern.compile("\\G[\\s;]*(?<key>[A-Za-z][A-Za-z_ ]{1,30}?)\\s*=\\s*"
            + "(?:'(?<quoted>(?:[^'\\\\]|\\\\.)*+)'|(?<plain>[^'\\s;][^\\s;]*+)?)(?=[\\s;]|$)");

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("host", "host"),
            Map.entry("server", "host"),
            Map.entry("port", "port"),
            Map.entry("user", "user"),
            Map.entry("username", "user"),
            Map.entry("user id", "user"),
            Map.entry("uid", "user"),
            Map.entry("password", "password"),
            Map.entry("pwd", "password"),
            Map.entry("dbname", "database"),
            Map.entry("database", "database"));

    private KeywordAddress() {}

    /** Returns the parts; empty for a text that does not consist of keywords, or that has no host. */
    static Optional<DatabaseUrl.Parts> parts(String text) {
        Map<String, String> values = values(text);
        return values.containsKey("host")
                ? Optional.of(DatabaseUrl.Parts.of(
                        values.get("host"), values.get("user"), values.get("password"), values.get("database")))
                : Optional.empty();
    }

    static Optional<Integer> port(String text) {
        Map<String, String> values = values(text);
        return Optional.ofNullable(values.get("port"))
                .filter(port -> values.containsKey("host") && port.matches("\\d{1,5}"))
                .map(Integer::valueOf);
    }

    private static Map<String, String> values(String text) {
        Map<String, String> values = new HashMap<>();
        Matcher pair = PAIR.matcher(text);
        int end = 0;
        while (pair.find()) {
            end = pair.end();
            String name = NAMES.get(pair.group("key").toLowerCase(Locale.ROOT));
            String value = pair.group("quoted") == null
                    ? pair.group("plain")
                    : pair.group("quoted").replaceAll("\\\\(.)", "$1");
            if (name != null && value != null) {
                values.put(name, value);
            }
        }
        return text.substring(end).isBlank() || text.substring(end).strip().equals(";") ? values : Map.of();
    }
}
