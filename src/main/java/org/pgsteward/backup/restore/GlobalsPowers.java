package org.pgsteward.backup.restore;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The powers that a file of globals gives to roles beyond a login: attributes such as {@code SUPERUSER}, memberships
 * that lead to them, settings that load code, and the right to change settings of the administrator. Pure.
 *
 * <p>A superuser runs the file during a recovery. So a program with write access to the store could make its own role a
 * superuser.
 */
final class GlobalsPowers {
    private static final List<String> ATTRIBUTES =
            List.of("SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS");

    /**
     * The predefined roles whose members only read statistics and settings, request a checkpoint, or use reserved
     * connections.
     */
    private static final Set<String> HARMLESS = Set.of(
            "pg_monitor",
            "pg_read_all_settings",
            "pg_read_all_stats",
            "pg_stat_scan_tables",
            "pg_checkpoint",
            "pg_use_reserved_connections");

    /** The attributes of a role, up to the first quoted text. */
    private static final Pattern ALTER =
            Pattern.compile("ALTER ROLE " + Globals.NAME + " WITH ([A-Z ]+).*", Pattern.DOTALL);

    private static final Pattern SETTING =
            Pattern.compile("ALTER ROLE " + Globals.NAME + " SET (" + Globals.SETTING + ") TO .*", Pattern.DOTALL);

    private static final Pattern PARAMETER =
            Pattern.compile("GRANT ([A-Z, ]+) ON PARAMETER (" + Globals.SETTING + ") TO .*", Pattern.DOTALL);

    /** The limit of lines in a message. */
    private static final int SHOWN = 5;

    private GlobalsPowers() {}

    /**
     * Returns one line for each role that gets powers, sorted by the name of the role.
     *
     * @param superusers the roles that are superusers of the server already
     */
    static List<String> of(Globals globals, Collection<String> superusers) {
        Map<String, Set<String>> powers = new TreeMap<>();
        Map<String, Set<String>> memberships = new HashMap<>();
        for (Globals.Statement statement : globals.statements()) {
            Matcher alter = ALTER.matcher(statement.sql());
            Matcher parameter = PARAMETER.matcher(statement.sql());
            Matcher setting = SETTING.matcher(statement.sql());
            if (superusers.contains(statement.role())) {
                add(powers, statement.role(), "a superuser of this server");
            }
            if (!statement.granted().isEmpty()) {
                memberships
                        .computeIfAbsent(statement.role(), role -> new LinkedHashSet<>())
                        .add(statement.granted());
            } else if (parameter.matches()) {
                add(powers, statement.role(), parameter.group(1) + " on parameter " + parameter.group(2));
            } else if (setting.matches()) {
                String name = setting.group(1).replace("\"", "");
                if (LibrarySettings.loadsCode(name)) {
                    add(powers, statement.role(), "setting " + name + ", which loads code");
                }
            } else if (alter.matches()) {
                List<String> words = List.of(alter.group(1).split(" +"));
                ATTRIBUTES.stream()
                        .filter(words::contains)
                        .forEach(attribute -> add(powers, statement.role(), attribute));
            }
        }
        Set<String> powerful = new LinkedHashSet<>(superusers);
        powerful.addAll(powers.keySet());
        memberships.forEach((member, granted) -> granted.stream()
                .filter(role -> isPowerful(role, powerful, memberships, new LinkedHashSet<>()))
                .forEach(role -> add(powers, member, "member of " + role)));
        List<String> lines = new ArrayList<>();
        powers.forEach((role, gets) -> lines.add(role + ": " + String.join(", ", gets)));
        return lines;
    }

    /** Returns the first lines as one line of a message. */
    static String some(List<String> lines) {
        String first = String.join("; ", lines.subList(0, Math.min(lines.size(), SHOWN)));
        return lines.size() <= SHOWN ? first : first + "; and " + (lines.size() - SHOWN) + " more";
    }

    /** Returns whether a role, or a role of which it is a member, has powers. */
    private static boolean isPowerful(
            String role, Set<String> powerful, Map<String, Set<String>> memberships, Set<String> seen) {
        boolean itself = powerful.contains(role) || (role.startsWith("pg_") && !HARMLESS.contains(role));
        return itself
                || (seen.add(role)
                        && memberships.getOrDefault(role, Set.of()).stream()
                                .anyMatch(granted -> isPowerful(granted, powerful, memberships, seen)));
    }

    private static void add(Map<String, Set<String>> powers, String role, String power) {
        powers.computeIfAbsent(role, name -> new LinkedHashSet<>()).add(power);
    }
}
