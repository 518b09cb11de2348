package org.pgsteward.provision;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the catalogue: by which variables an application says where its database is.
 *
 * @param application its usual name
 * @param when variables that must have these values for it to be PostgreSQL at all
 * @param url the variable that holds it all, or
 * @param host the variables that hold it in parts
 */
record Application(
        String application,
        @Nullable Map<String, String> when,
        @Nullable String url,
        @Nullable String host,
        @Nullable String user,
        @Nullable String password,
        @Nullable String database) {

    /** What the variables say, if they are this application's and complete. */
    Optional<DatabaseUrl> read(Map<String, String> environment) {
        boolean ours = when == null
                || when.entrySet().stream()
                        .allMatch(wanted -> wanted.getValue().equalsIgnoreCase(environment.get(wanted.getKey())));
        if (!ours) {
            return Optional.empty();
        }
        if (url != null) {
            return Optional.ofNullable(environment.get(url)).flatMap(DatabaseUrl::parse);
        }
        if (host == null || user == null || password == null || database == null) {
            return Optional.empty();
        }
        return DatabaseUrl.ofParts(
                environment.get(host), environment.get(user), environment.get(password), environment.get(database));
    }

    /** The variable that an operator will look for. */
    String variable() {
        return url != null ? url : String.valueOf(host);
    }
}
