package org.pgsteward.model;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Suggestions for mistyped names. */
public final class Suggestions {
    private Suggestions() {}

    /** Returns "did you mean 'file'?"; empty if no known name is near. */
    public static String hint(String mistyped, Collection<String> known) {
        return to(mistyped, known).map(name -> "did you mean '" + name + "'?").orElse("");
    }

    static Optional<String> to(String mistyped, Collection<String> known) {
        return within(Math.max(1, mistyped.length() / 3), mistyped, known);
    }

    /**
     * Returns the nearest known name, regardless of case; the name itself does not count.
     *
     * @param most the number of letters that may differ
     */
    public static Optional<String> within(int most, String mistyped, Collection<String> known) {
        return known.stream()
                .filter(name -> !name.equals(mistyped))
                .filter(name -> Math.abs(name.length() - mistyped.length()) <= most)
                .filter(name -> distance(mistyped, name) <= most)
                .min(Comparator.<String>comparingInt(name -> distance(mistyped, name))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /**
     * Returns the number of letters to change, add, drop or swap with the next letter (restricted Damerau-Levenshtein
     * distance), regardless of case.
     */
    private static int distance(String mistyped, String known) {
        String one = mistyped.toLowerCase(java.util.Locale.ROOT);
        String other = known.toLowerCase(java.util.Locale.ROOT);
        int[][] cost = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int change = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
                cost[i][j] = Math.min(cost[i - 1][j - 1] + change, Math.min(cost[i - 1][j] + 1, cost[i][j - 1] + 1));
                if (i > 1
                        && j > 1
                        && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[one.length()][other.length()];
    }
}
