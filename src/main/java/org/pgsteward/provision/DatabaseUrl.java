package org.pgsteward.provision;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Secret;

/** Where an application believes its database to be, and as whom it will come. */
record DatabaseUrl(String host, String user, Secret password, String database) {
    /** The login ends at the last @ before the path, as a password may hold one. */
    private static final Pattern ADDRESS = Pattern.compile("(?:jdbc:)?postgres(?:ql)?://(?:(?<login>[^/?#]*)@)?"
            + "(?<host>[^/?#@]+)/(?<database>[^/?#]+)(?:\\?(?<query>[^#]*))?(?:#.*)?");

    /**
     * A {@code postgres://user:password@host:port/database} address, the user perhaps in the query; empty for anything
     * else. Read by hand, since {@link java.net.URI} refuses what applications take: a host with an underscore, and a
     * password with signs that should have been escaped.
     */
    static Optional<DatabaseUrl> parse(String text) {
        Matcher address = ADDRESS.matcher(text);
        if (!address.matches()) {
            return Optional.empty();
        }
        Map<String, String> query = query(address.group("query"));
        String login = address.group("login");
        int colon = login == null ? -1 : login.indexOf(':');
        String user = login == null ? query.get("user") : decode(colon < 0 ? login : login.substring(0, colon));
        String password = colon < 0 ? query.get("password") : decode(login.substring(colon + 1));
        return ofParts(address.group("host"), user, password, decode(address.group("database")));
    }

    private static Map<String, String> query(@Nullable String query) {
        Map<String, String> values = new HashMap<>();
        for (String pair : query == null ? new String[0] : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                values.put(pair.substring(0, equals), decode(pair.substring(equals + 1)));
            }
        }
        return values;
    }

    /** Its parts, host with or without a port; empty when one is missing. */
    static Optional<DatabaseUrl> ofParts(
            @Nullable String host, @Nullable String user, @Nullable String password, @Nullable String database) {
        if (host == null || user == null || password == null || database == null) {
            return Optional.empty();
        }
        if (host.isBlank() || user.isBlank() || password.isEmpty() || database.isBlank()) {
            return Optional.empty();
        }
        return Optional.of(new DatabaseUrl(host.replaceFirst(":\\d+$", ""), user, new Secret(password), database));
    }

    /** A plus sign is itself, and so is a percent sign that escapes nothing. */
    private static String decode(String part) {
        String escaped = part.replaceAll("%(?![0-9A-Fa-f]{2})", "%25").replace("+", "%2B");
        return URLDecoder.decode(escaped, StandardCharsets.UTF_8);
    }
}
