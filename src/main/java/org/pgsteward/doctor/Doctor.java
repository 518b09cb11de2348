package org.pgsteward.doctor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.ServerLog;
import org.pgsteward.provision.ConnectionRequest;
import org.pgsteward.provision.NetworkRule;
import org.pgsteward.provision.Provisioner;

/** Derivation of causes and remedies from observations. Pure except for the login attempts, which are passed in. */
final class Doctor {
    /** Kind of the condition about refused logins. It is not reported as a lack of resources. */
    private static final String LOGINS = "logins-failed";

    /** Kinds of alerts that a reading of the containers' settings shows anyway. */
    private static final Set<String> OF_SETTINGS = Set.of("database-unreachable", "not-enrolled");

    /**
     * Kinds of alerts about a container or service for which the doctor finds the cause of a refused connection itself.
     */
    private static final Set<String> CAUSED = Set.of("enrolment-refused", "network-missing", "service-unconnected");

    /** Kind of the alert about privileges. The plan to repair them reports the same fault. */
    private static final String RIGHTS = "rights-changed";

    /** Lines in a remedy that suggest the doctor itself. */
    private static final Pattern OURSELVES = Pattern.compile("(?m)^(?:.* )?pgsteward doctor\\b.*\\R?");

    private final Function<ConnectionRequest.Login, LoginResult> logins;

    /** @param logins tries a service's own login, and returns PostgreSQL's answer */
    Doctor(Function<ConnectionRequest.Login, LoginResult> logins) {
        this.logins = logins;
    }

    /**
     * Observations of one examination.
     *
     * @param where PostgreSQL's host and port
     * @param error reason why PostgreSQL does not answer; empty if it does
     * @param refused whether PostgreSQL answered, but refused pgsteward's login
     * @param engine whether a Docker Engine answered
     * @param postgres PostgreSQL's container, if it is on this host
     * @param containers all containers of the host
     * @param requests requests of the containers that need a database
     * @param enrolled identities of the enrolled containers, without those in quarantine
     * @param unenrolled containers that name PostgreSQL and get no database, and programs that do not fit the server
     * @param log PostgreSQL's log settings and messages; empty while PostgreSQL does not answer
     */
    public record Patient(
            String where,
            Optional<String> error,
            boolean refused,
            boolean engine,
            Optional<Container> postgres,
            List<Container> containers,
            List<ConnectionRequest> requests,
            Set<String> enrolled,
            List<Diagnosis> unenrolled,
            Optional<Log> log) {
        private boolean isEnrolled(ConnectionRequest request) {
            return enrolled.contains(request.container().identity());
        }
    }

    /**
     * PostgreSQL's log.
     *
     * @param written the log settings
     * @param statements whether {@code pg_stat_statements} records every statement, so the log need not
     * @param refusals recent refused logins in words, by service
     * @param container name of PostgreSQL's container
     * @param psql turns a statement into a command line that can be pasted
     */
    public record Log(
            ServerLog written,
            boolean statements,
            Map<String, String> refusals,
            String container,
            UnaryOperator<String> psql) {}

    /**
     * Returns all diagnoses, the worst first.
     *
     * @param plan actions that provisioning would take; empty while PostgreSQL does not answer
     * @param conditions results of one reading of all watches
     * @param firing alerts of the daemon, which one reading may miss: for example, a container that crashes again and
     *     again
     */
    public List<Diagnosis> examine(
            Patient patient, Optional<Provisioner.Plan> plan, List<Condition> conditions, List<Condition> firing) {
        List<Diagnosis> found = new ArrayList<>();
        patient.error()
                .ifPresent(error -> found.add(ServerRule.judge(
                        patient.where(), error, patient.refused(), patient.postgres(), patient.engine())));
        Set<String> refused = new LinkedHashSet<>();
        for (ConnectionRequest request : patient.requests()) {
            Optional<Diagnosis> network =
                    patient.postgres().flatMap(server -> NetworkRule.judge(request, server, patient.containers()));
            network.ifPresent(found::add);
            if (network.isEmpty() && patient.error().isEmpty() && patient.isEnrolled(request)) {
                request.login()
                        .flatMap(login -> LoginRule.judge(request, login, logins.apply(login)))
                        .ifPresent(diagnosis -> {
                            found.add(diagnosis.because(evidence(patient, request.service())));
                            refused.add(request.service());
                        });
            }
        }
        found.addAll(patient.unenrolled());
        Provisioner.Plan planned = plan.orElse(Provisioner.Plan.NONE);
        Map<String, String> attempts = attempts(planned, conditions);
        found.addAll(RightsRule.judge(planned, enrolled(patient), refused, attempts));
        patient.log().flatMap(LogRule::judge).ifPresent(found::add);
        conditions.stream()
                .filter(condition -> !isDiagnosed(condition, refused) && !isAttempt(condition, attempts))
                .flatMap(condition -> found(Diagnosis.Symptom.RESOURCE_TROUBLE, condition).stream())
                .forEach(found::add);
        Set<String> explained = found.stream()
                .filter(diagnosis -> diagnosis.symptom() == Diagnosis.Symptom.CONNECTION_REFUSED)
                .map(Diagnosis::service)
                .collect(Collectors.toSet());
        Set<String> seen = conditions.stream().map(Condition::key).collect(Collectors.toSet());
        firing.stream()
                .filter(condition -> !seen.contains(condition.key()) && !isDiagnosed(condition, refused))
                .filter(condition -> !patient.engine() || !OF_SETTINGS.contains(condition.kind()))
                .filter(condition -> !isAttempt(condition, attempts))
                .filter(condition -> !CAUSED.contains(condition.kind()) || !explained.contains(condition.service()))
                .filter(condition -> !isClosing(condition, planned))
                .filter(condition ->
                        patient.error().isEmpty() || !condition.service().equals(ServerRule.SERVICE))
                .flatMap(condition -> found(Diagnosis.Symptom.FIRING, condition).stream())
                .forEach(found::add);
        return found.stream()
                .distinct()
                .sorted(Comparator.comparing(Diagnosis::severity)
                        .reversed()
                        .thenComparing(Diagnosis::symptom)
                        .thenComparing(Diagnosis::service))
                .toList();
    }

    private static String evidence(Patient patient, String service) {
        return patient.log()
                .map(log -> log.refusals().getOrDefault(service, ""))
                .filter(words -> !words.isEmpty())
                .map(words -> "; PostgreSQL's log of the last minutes: " + words)
                .orElse("");
    }

    /** Returns whether a condition only repeats a refused login whose cause is diagnosed already. */
    private static boolean isDiagnosed(Condition condition, Set<String> refused) {
        return condition.kind().equals(LOGINS) && refused.contains(condition.service());
    }

    /**
     * Returns log messages about containers with refused claims, by container: the refused login has the same cause.
     */
    private static Map<String, String> attempts(Provisioner.Plan plan, List<Condition> conditions) {
        Set<String> containers =
                plan.refused().stream().map(Provisioner.Plan.Refused::container).collect(Collectors.toSet());
        return conditions.stream()
                .filter(condition -> condition.kind().equals(LOGINS)
                        && condition.severity().isPresent()
                        && containers.contains(condition.service()))
                .collect(Collectors.toMap(Condition::service, Condition::reason, (one, other) -> one));
    }

    private static boolean isAttempt(Condition condition, Map<String, String> attempts) {
        return condition.kind().equals(LOGINS) && attempts.containsKey(condition.service());
    }

    private static boolean isClosing(Condition condition, Provisioner.Plan plan) {
        return condition.kind().equals(RIGHTS)
                && plan.steps().stream().anyMatch(line -> line.subject().equals(condition.service()));
    }

    private static Set<String> enrolled(Patient patient) {
        return patient.requests().stream()
                .filter(patient::isEnrolled)
                .map(ConnectionRequest::service)
                .collect(Collectors.toSet());
    }

    private static Optional<Diagnosis> found(Diagnosis.Symptom symptom, Condition condition) {
        Optional<Severity> severity = condition.severity();
        return severity.map(bad -> new Diagnosis(
                condition.kind().equals(LOGINS) ? Diagnosis.Symptom.CONNECTION_REFUSED : symptom,
                bad,
                condition.service(),
                condition.kind().replace('-', ' ') + ": " + condition.reason(),
                OURSELVES.matcher(condition.remedy()).replaceAll("").strip()));
    }
}
