package org.pgsteward.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.retention.PlannedRetention;
import org.pgsteward.backup.retention.RetentionPlan;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.retention.ServicePolicies;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Size;
import org.pgsteward.model.Suggestions;
import org.pgsteward.postgres.NoConnection;
import picocli.CommandLine.Model.CommandSpec;

/** Output of {@code backups --plan}: the decisions that retention would take now. It removes nothing. */
final class PlanList {
    private final Wiring wiring;
    private final CommandSpec spec;
    private final Colours colours = Colours.ofStandardOutput();
    private final Instant now;

    PlanList(Wiring wiring, CommandSpec spec) {
        this.wiring = wiring;
        this.spec = spec;
        this.now = wiring.clock.instant();
    }

    /**
     * Prints the plan.
     *
     * @param service null for a summary of all services
     * @throws Refusal if the journal cannot be read, or has no such service
     */
    void print(@Nullable String service, boolean json) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Optional<ServicePolicies> policies = wiring.retentionPolicies();
        if (policies.isEmpty()) {
            say("no route file removes backups (routes/retention.camel.yaml is missing or changed)");
            if (json) {
                out.println("{\"plan\":[],\"waiting_rows\":0}");
            }
            return;
        }
        try {
            List<String> services = services(service);
            int waiting = wiring.waitingRows();
            if (waiting > 0) {
                say("retention removes nothing while " + waiting + " journal rows wait for PostgreSQL");
            }
            if (json) {
                json(services, policies.get(), waiting, out);
            } else if (service == null) {
                summary(services, policies.get(), out);
            } else {
                details(service, policies.get(), out);
            }
        } catch (SQLException e) {
            throw new Refusal("cannot plan the retention, which decides by the journal: " + NoConnection.words(e));
        }
    }

    private List<String> services(@Nullable String service) throws SQLException {
        List<String> all = wiring.rows.services();
        if (service == null || all.contains(service)) {
            return service == null ? all : List.of(service);
        }
        String hint = Suggestions.hint(service, all);
        throw new Refusal("the journal has no backup of '" + OneLine.of(service, 60) + "'; "
                + (hint.isEmpty() ? "'pgsteward backups' lists all backups" : hint));
    }

    private PlannedRetention.OfService of(String service, ServicePolicies policies) throws IOException, SQLException {
        return wiring.plannedRetention().of(service, policies, wiring.rows.judgements(service));
    }

    private void summary(List<String> services, ServicePolicies policies, PrintWriter out)
            throws IOException, SQLException {
        TextTable table = new TextTable(colours, "SERVICE", "KEEPS>", "REMOVES>", "FREES>", "POLICY");
        List<String> gone = new ArrayList<>();
        long freed = 0;
        for (String service : services) {
            PlannedRetention.OfService plan = of(service, policies);
            long bytes = freed(plan.decisions());
            freed += bytes;
            plan.decisions().stream()
                    .filter(decision -> !decision.kept())
                    .forEach(decision -> gone.add(name(decision.backup())));
            if (!plan.decisions().isEmpty()) {
                table.row(
                        OneLine.of(service, 60),
                        Long.toString(plan.decisions().size() - plan.removed()),
                        Long.toString(plan.removed()),
                        Size.words(bytes),
                        policy(plan));
            }
        }
        table.print(out);
        out.println(
                gone.isEmpty()
                        ? "Retention would remove nothing now."
                        : "Retention would remove " + gone.size() + (gone.size() == 1 ? " backup (" : " backups (")
                                + Size.words(freed) + ") now. '" + wiring.typing.of("pgsteward backups --plan SERVICE")
                                + "' shows each one with its reason.");
    }

    private void details(String service, ServicePolicies policies, PrintWriter out) throws IOException, SQLException {
        PlannedRetention.OfService plan = of(service, policies);
        out.println("Policy of " + OneLine.of(service, 60) + ": " + policy(plan));
        DateTimeFormatter clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ENGLISH)
                .withZone(wiring.zone);
        TextTable table = new TextTable(colours, "KIND", "BEGUN", "AGE>", "SIZE>", "PLAN", "FILE", "WHY");
        for (RetentionPlan.Decision decision : plan.decisions()) {
            StoredBackupStatus backup = decision.backup();
            table.row(
                    backup.kind().word(),
                    clock.format(backup.startedAt()),
                    BackupsCommand.age(backup.startedAt(), now),
                    Size.words(bytes(decision)),
                    decision.kept() ? colours.plain("keep") : colours.warning("remove"),
                    name(backup),
                    OneLine.of(String.join("; ", decision.reasons()), 400));
        }
        table.print(out);
    }

    /** Prints one document, service by service: there may be tens of thousands of backups. */
    private void json(List<String> services, ServicePolicies policies, int waiting, PrintWriter out)
            throws IOException, SQLException {
        out.print("{\"waiting_rows\":" + waiting + ",\"plan\":[");
        String separator = "";
        for (String service : services) {
            PlannedRetention.OfService plan = of(service, policies);
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("service", service);
            document.put("policy", plan.policy().map(RetentionPolicy::toString).orElse(null));
            document.put(
                    "backups", plan.decisions().stream().map(PlanList::document).toList());
            out.print(separator);
            out.print(wiring.json.writeValueAsString(document));
            separator = ",";
        }
        out.println("]}");
    }

    private static Map<String, Object> document(RetentionPlan.Decision decision) {
        StoredBackupStatus backup = decision.backup();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("backup_id", backup.id());
        document.put("kind", backup.kind().word());
        document.put("path", backup.path());
        document.put("started_at", backup.startedAt().toString());
        document.put("size_bytes", bytes(decision));
        document.put("keep", decision.kept());
        document.put("reasons", decision.reasons());
        return document;
    }

    private static String policy(PlannedRetention.OfService plan) {
        return plan.policy().map(RetentionPolicy::toString).orElse("label cannot be parsed, so all are kept");
    }

    /** Returns the bytes of the removed files. A file that several backups share is removed with the last of them. */
    private static long freed(List<RetentionPlan.Decision> decisions) {
        Map<String, Long> removed = new HashMap<>();
        decisions.stream()
                .filter(decision -> !decision.kept())
                .forEach(decision -> removed.put(sha256(decision), bytes(decision)));
        decisions.stream().filter(RetentionPlan.Decision::kept).forEach(decision -> removed.remove(sha256(decision)));
        return removed.values().stream().mapToLong(Long::longValue).sum();
    }

    private static String sha256(RetentionPlan.Decision decision) {
        return decision.backup().backup().file().sha256();
    }

    private static long bytes(RetentionPlan.Decision decision) {
        return decision.backup().backup().file().sizeBytes();
    }

    private static String name(StoredBackupStatus backup) {
        return OneLine.of(backup.path().substring(backup.path().indexOf('/') + 1), 300);
    }

    private void say(String line) {
        spec.commandLine().getErr().println("pgsteward: " + line);
        spec.commandLine().getErr().flush();
    }
}
