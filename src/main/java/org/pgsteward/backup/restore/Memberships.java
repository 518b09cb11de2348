package org.pgsteward.backup.restore;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Merges the grants of one membership. Pure. */
final class Memberships {
    /** A grant of a membership: first the granted role, then the member. */
    static final Pattern GRANT = Pattern.compile(
            "GRANT (" + Globals.NAME + ") TO (" + Globals.NAME + ")(?: WITH [A-Z, ]+)?", Pattern.DOTALL);

    private Memberships() {}

    /**
     * Merges several grants of a membership into one with all their options. From version 16 on, each grantor may grant
     * a membership with other options.
     */
    static List<Globals.Statement> merged(List<Globals.Statement> statements) {
        Map<String, Globals.Statement> memberships = new LinkedHashMap<>();
        Map<String, Integer> grants = new HashMap<>();
        for (Globals.Statement statement : statements) {
            if (!statement.granted().isEmpty()) {
                String key = membership(statement);
                memberships.merge(key, statement, Memberships::union);
                grants.merge(key, 1, Integer::sum);
            }
        }
        List<Globals.Statement> merged = new ArrayList<>();
        for (Globals.Statement statement : statements) {
            String key = membership(statement);
            if (statement.granted().isEmpty() || grants.getOrDefault(key, 0) == 1) {
                merged.add(statement);
            } else if (memberships.containsKey(key)) {
                merged.add(Objects.requireNonNull(memberships.remove(key)));
            }
        }
        return List.copyOf(merged);
    }

    private static String membership(Globals.Statement statement) {
        return statement.granted() + "\0" + statement.role();
    }

    private static Globals.Statement union(Globals.Statement one, Globals.Statement other) {
        String both = one.sql() + ", " + other.sql();
        List<String> options = new ArrayList<>();
        if (both.matches("(?s).* ADMIN (OPTION|TRUE)\\b.*")) {
            options.add("ADMIN OPTION");
        }
        if (both.contains("INHERIT TRUE")) {
            options.add("INHERIT TRUE");
        } else if (both.contains("INHERIT FALSE")) {
            options.add("INHERIT FALSE");
        }
        // A dump does not write SET TRUE, because it is the default.
        if (one.sql().contains("SET FALSE") && other.sql().contains("SET FALSE")) {
            options.add("SET FALSE");
        }
        Matcher grant = GRANT.matcher(one.sql());
        String granted = grant.matches() ? "GRANT " + grant.group(1) + " TO " + grant.group(2) : one.sql();
        return new Globals.Statement(
                granted + (options.isEmpty() ? "" : " WITH " + String.join(", ", options)),
                false,
                one.role(),
                one.granted());
    }
}
