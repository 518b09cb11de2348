package org.pgsteward.provision;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Secret;

/** Where an application believes its database to be, and as whom it will come. */
record DatabaseUrl(String host, String user, Secret password, String database) {

    /** A {@code postgres://user:password@host:port/database} address; empty for anything else. */
    static Optional<DatabaseUrl> parse(String text) {
        String address = text.startsWith("jdbc:") ? text.substring("jdbc:".length()) : text;
        if (!address.startsWith("postgres://") && !address.startsWith("postgresql://")) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(address);
            String login = uri.getRawUserInfo();
            int colon = login == null ? -1 : login.indexOf(':');
            if (login == null || colon < 0 || uri.getHost() == null || uri.getPath() == null) {
                return Optional.empty();
            }
            return ofParts(
                    uri.getHost(),
                    decode(login.substring(0, colon)),
                    decode(login.substring(colon + 1)),
                    decode(uri.getRawPath()).replaceFirst("^/", ""));
        } catch (URISyntaxException | IllegalArgumentException e) {
            return Optional.empty();
        }
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

    /** A plus sign is itself in the user part and the path of an address. */
    private static String decode(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
