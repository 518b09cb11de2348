package org.pgsteward.camel;

import org.apache.camel.builder.RouteBuilder;
import org.pgsteward.backup.store.CardKeeper;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.journal.JournalWriter;

/**
 * Routes that write journal rows. They are in Java, since no edit may leave a failure unrecorded.
 *
 * <ol>
 *   <li>{@code direct:journal-write} puts the row in its body into the spool, and drains the spool at once. It also
 *       writes a backup's state into its set and onto the recovery card.
 *   <li>{@code journal-drain} drains the spool every 5 seconds, for rows that could not be written before.
 *   <li>{@code direct:journal-insert} writes one row with the statement of its table.
 * </ol>
 */
public final class JournalRoutes extends RouteBuilder {
    private final JournalWriter drain;
    private final SetKeeper sets;
    private final CardKeeper card;

    public JournalRoutes(JournalWriter drain, SetKeeper sets, CardKeeper card) {
        this.drain = drain;
        this.sets = sets;
        this.card = card;
    }

    @Override
    public void configure() {
        from("direct:journal-write")
                .routeId("journal-write")
                .description(
                        "Keeps a row in the spool on disk, and writes it to its table as soon as PostgreSQL answers.")
                .bean(drain, "keep")
                .bean(sets, "note")
                .bean(card, "note");

        from("timer:journal-drain?period=5000&delay=1000")
                .routeId("journal-drain")
                .description("Writes the rows of the spool to their tables.")
                .bean(drain, "drain");

        from("direct:journal-insert")
                .routeId("journal-insert")
                .description("Writes one row with the statement of its table.")
                .errorHandler(noErrorHandler())
                .choice()
                .when(simple("${variable.table} == 'activity'"))
                .to("sql:classpath:sql/journal-activity.sql?dataSource=#management")
                .when(simple("${variable.table} == 'expiry'"))
                .to("sql:classpath:sql/journal-expiry.sql?dataSource=#management")
                .when(simple("${variable.table} == 'copy'"))
                .to("sql:classpath:sql/journal-copy.sql?dataSource=#management")
                .when(simple("${variable.table} == 'image-change'"))
                .to("sql:classpath:sql/journal-image-change.sql?dataSource=#management")
                .when(simple("${variable.table} == 'login'"))
                .to("sql:classpath:sql/journal-login.sql?dataSource=#management")
                .otherwise()
                .to("sql:classpath:sql/journal-backup.sql?dataSource=#management")
                .end();
    }
}
