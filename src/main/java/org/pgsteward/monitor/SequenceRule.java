package org.pgsteward.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pgsteward.alert.OneLine;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.Quote;

/**
 * The share of a sequence's values that are used. The end is that of the sequence, or of the column that stores its
 * values: a {@code bigint} sequence over an {@code integer} column ends with the column.
 */
final class SequenceRule extends MetricRule<CatalogObservation> {
    private static final int NAMED = 3;
    private static final int NAME = 100;

    SequenceRule() {
        super("sequence-ending", Unit.PERCENT);
    }

    @Override
    List<Finding> look(CatalogObservation now, List<CatalogObservation> past) {
        return now.databases().stream()
                .filter(CatalogObservation.Database::open)
                .map(database -> database.contents()
                        .map(contents -> finding(now.console(), database, contents.sequences()))
                        .orElseGet(() -> new Finding(
                                database.service(),
                                Finding.NOT_KNOWN_YET,
                                "its sequences are not known",
                                "",
                                Map.of())))
                .toList();
    }

    private Finding finding(
            Console console, CatalogObservation.Database database, List<CatalogObservation.Sequence> sequences) {
        if (sequences.isEmpty()) {
            return new Finding(database.service(), 0, "it has no sequence in use", "", Map.of("sequences", 0));
        }
        CatalogObservation.Sequence worst = sequences.get(0);
        double level = threshold(database.service())
                .warn()
                .or(() -> threshold(database.service()).critical())
                .orElse(100.0);
        List<CatalogObservation.Sequence> others = sequences.stream()
                .skip(1)
                .filter(sequence -> sequence.percent() >= level)
                .toList();
        String named = others.stream()
                .limit(NAMED)
                .map(sequence -> name(sequence) + " " + percent(sequence))
                .collect(Collectors.joining(", "));
        int more = others.size() - NAMED;
        String says = "sequence " + name(worst) + " is at " + worst.last() + ", " + percent(worst) + " of the way to "
                + worst.end() + ", the last value of " + end(worst) + ". Then each INSERT that needs a value fails"
                + (named.isEmpty()
                        ? ""
                        : ". Other sequences in this database: " + named
                                + (more > 0 ? " and at least " + more + " more" : ""));
        return new Finding(
                database.service(),
                worst.percent(),
                says,
                remedy(console, database.name(), worst, others.size()),
                Map.of(
                        "sequence", name(worst),
                        "last", worst.last(),
                        "end", worst.end(),
                        "sequences", 1 + others.size()));
    }

    private static String end(CatalogObservation.Sequence sequence) {
        return sequence.column()
                .map(column -> (isOfColumn(sequence) ? "its column " : "the sequence; its values are in column ")
                        + OneLine.of(column.schema() + "." + column.table() + "." + column.name(), NAME) + " ("
                        + OneLine.of(column.type(), NAME) + ")")
                .orElse("the sequence");
    }

    /** Returns whether the type of the column sets the end. A serial sequence and its column end together. */
    private static boolean isOfColumn(CatalogObservation.Sequence sequence) {
        return sequence.column()
                .filter(CatalogObservation.Column::isNarrow)
                .map(column -> column.type().equals("smallint") ? 32_767L : 2_147_483_647L)
                .filter(most -> sequence.end() == most || sequence.end() == -most - 1)
                .isPresent();
    }

    private static String name(CatalogObservation.Sequence sequence) {
        return OneLine.of(sequence.schema() + "." + sequence.name(), NAME);
    }

    /** Rounds down, so that 100% is the end itself. */
    private static String percent(CatalogObservation.Sequence sequence) {
        return Unit.PERCENT.words(Math.floor(sequence.percent()));
    }

    private static String remedy(Console console, String database, CatalogObservation.Sequence sequence, int others) {
        String all = console.psql(
                database,
                "SELECT schemaname, sequencename, last_value, max_value, data_type FROM pg_sequences"
                        + " WHERE last_value IS NOT NULL ORDER BY last_value::float8 / max_value DESC LIMIT 20");
        List<String> lines = new ArrayList<>();
        Optional<CatalogObservation.Column> narrow = sequence.column().filter(column -> isOfColumn(sequence));
        narrow.ifPresent(column -> {
            String table = Quote.identifier(column.schema()) + "." + Quote.identifier(column.table());
            lines.add("# Columns that refer to it need bigint, too. This lists their constraints:");
            lines.add(console.psql(
                    database,
                    "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
                            + " AND confrelid = " + Quote.literal(table).strip() + "::regclass"));
            lines.add("# PostgreSQL locks the table while it rewrites all its rows; choose a quiet hour:");
            lines.add(console.psql(
                    database,
                    "ALTER TABLE " + table + " ALTER COLUMN " + Quote.identifier(column.name()) + " TYPE bigint"));
        });
        if (!sequence.isWide()) {
            lines.add(console.psql(
                    database,
                    "ALTER SEQUENCE " + Quote.identifier(sequence.schema()) + "." + Quote.identifier(sequence.name())
                            + " AS bigint " + (sequence.isAscending() ? "NO MAXVALUE" : "NO MINVALUE")));
        } else if (narrow.isEmpty()) {
            lines.add("# It has the largest type already. Find the program that uses or sets so large values.");
        }
        boolean pasteable =
                lines.stream().allMatch(line -> PasteLine.or(line, "").equals(line));
        String own = pasteable
                ? String.join("\n", lines)
                : "# Change the column to bigint with ALTER TABLE, then its sequence with ALTER SEQUENCE ... AS bigint.";
        return all + "\n" + own + (others > 0 ? "\n# Then do the same for the other sequences." : "");
    }
}
