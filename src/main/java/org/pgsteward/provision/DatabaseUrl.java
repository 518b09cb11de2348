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

/** The location of a database in an application's settings, and the login. */
record DatabaseUrl(String host, String user, Secret password, String database) {
    /**
     * The schemes are those of libpq and JDBC, of SQLAlchemy with a driver, and of NocoDB, Laravel, Ecto and GeoDjango. The
     * login ends at the last @ before the path, since a password may hold one.
     */
    private static final Pattern ADDRESS =
            Pattern.compile("(?:jdbc:)?(?:postgres(?:ql)?(?:\\+[a-z0-9_]{1,30})?|pg|pgsql|ecto|postgis)://"
                    + "(?:(?<login>[^/?#]*)@)?(?<host>[^/?#@]+)(?:/(?<database>[^/?#]*))?"
                    + "(?:\\?(?<query>[^#]*))?(?:#.*)?");

    private static final Pattern PORT = Pattern.compile("^[^:/@\\s]+:(\\d{1,5})$");

    /** The scheme in a variable that holds only a host, as in {@code tcp://postgresql:5432}. */
    private static final Pattern TCP = Pattern.compile("^tcp://(?=[^/?#@]+$)");

    /** Characters. A longer value is a document, and not an address. */
    private static final int LONGEST = 4_000;

    /** The parts of an address that are known so far. No part is blank. */
    record Parts(Optional<String> host, Optional<String> user, Optional<Secret> password, Optional<String> database) {
        static final Parts NONE = of(null, null, null, null);

        /** @param host with or without {@code tcp://} and a port, which are dropped */
        static Parts of(
                @Nullable String host, @Nullable String user, @Nullable String password, @Nullable String database) {
            return new Parts(
                    said(host)
                            .map(name -> withoutScheme(name).replaceFirst(":\\d+$", ""))
                            .filter(name -> !name.isBlank()),
                    said(user),
                    Optional.ofNullable(password)
                            .filter(word -> !word.isEmpty())
                            .map(Secret::new),
                    said(database));
        }

        /** Returns the whole address; empty while a part is missing. */
        Optional<DatabaseUrl> whole() {
            if (host.isEmpty() || user.isEmpty() || password.isEmpty() || database.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(new DatabaseUrl(host.get(), user.get(), password.get(), database.get()));
        }

        private static Optional<String> said(@Nullable String text) {
            return Optional.ofNullable(text).filter(some -> !some.isBlank());
        }
    }

    Parts parts() {
        return new Parts(Optional.of(host), Optional.of(user), Optional.of(password), Optional.of(database));
    }

    /**
     * Reads a {@code postgres://user:password@host:port/database} address, or keywords such as {@code host=... user=...};
     * empty for any other text, or if a part is missing.
     */
    static Optional<DatabaseUrl> parse(String text) {
        return partsOf(text).flatMap(Parts::whole);
    }

    /**
     * Reads the parts of an address, with the login perhaps in its query or missing; empty for any other text. It does
     * without {@link java.net.URI}, which refuses addresses that applications accept: a host with an underscore, and a
     * password with characters that should have been escaped.
     */
    static Optional<Parts> partsOf(String text) {
        Matcher address = ADDRESS.matcher(text.length() > LONGEST ? "" : text);
        if (!address.matches()) {
            return KeywordAddress.parts(text.length() > LONGEST ? "" : text);
        }
        Map<String, String> query = query(address.group("query"));
        String login = address.group("login");
        int colon = login == null ? -1 : login.indexOf(':');
        String user = login == null ? first(query, "user", "u") : decode(colon < 0 ? login : login.substring(0, colon));
        String password =
                login == null || colon < 0 ? first(query, "password", "p") : decode(login.substring(colon + 1));
        String path = address.group("database");
        String database = path == null || path.isEmpty() ? first(query, "database", "d") : decode(path);
        return Optional.of(Parts.of(address.group("host"), user, password, database));
    }

    private static @Nullable String first(Map<String, String> values, String name, String shortName) {
        return values.getOrDefault(name, values.get(shortName));
    }

    private static String withoutScheme(String host) {
        return TCP.matcher(host).replaceFirst("");
    }

    /** Returns the port in an address, or in a host with a port. */
    static Optional<Integer> port(String text) {
        Matcher address = ADDRESS.matcher(text);
        Matcher port = PORT.matcher(address.matches() ? address.group("host") : withoutScheme(text));
        Optional<Integer> inKeywords = KeywordAddress.port(text);
        if (inKeywords.isPresent()) {
            return inKeywords;
        }
        return port.find() ? Optional.of(Integer.valueOf(port.group(1))) : Optional.empty();
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

    /** Returns the address of these parts, the host with or without a port; empty if a part is missing. */
    static Optional<DatabaseUrl> ofParts(
            @Nullable String host, @Nullable String user, @Nullable String password, @Nullable String database) {
        return Parts.of(host, user, password, database).whole();
    }

    /** Decodes percent signs. A plus sign stands for itself, and so does a percent sign that escapes no character. */
    private static String decode(String part) {
        String escaped = part.replaceAll("%(?![0-9A-Fa-f]{2})", "%25").replace("+", "%2B");
        return URLDecoder.decode(escaped, StandardCharsets.UTF_8);
    }
}
