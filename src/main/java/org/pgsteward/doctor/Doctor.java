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

/** Goes from what was found to what is wrong and why. Pure but for the logins, which are tried by what it is given. */
final class Doctor {
    /** The kind of a condition that says that somebody was refused, which is no want of resources. */
    private static final String LOGINS = "logins-failed";

    /** Of those that the containers' settings show again each time they are read. */
    private static final Set<String> OF_SETTINGS = Set.of("database-unreachable", "not-enrolled");

    /** Alerts about a container or service whose refused connection has a cause of its own here. */
    private static final Set<String> CAUSED = Set.of("enrolment-refused", "network-missing", "service-unconnected");

    /** Alerts about rights, which the plan to repair them states as well. */
    private static final String RIGHTS = "rights-changed";

    /** Sends the reader to where he is already. */
    private static final Pattern OURSELVES = Pattern.compile("(?m)^(?:.* )?pgsteward doctor\\b.*\\R?");

    private final Function<ConnectionRequest.Login, LoginResult> logins;

    /** @param logins what PostgreSQL says to a service's own login */
    Doctor(Function<ConnectionRequest.Login, LoginResult> logins) {
        this.logins = logins;
    }

    /**
     * What there is to judge.
     *
     * @param where PostgreSQL's host and port
     * @param error why it does not answer; empty when it does
     * @param refused whether it answered, and did not let us in
     * @param engine whether a Docker Engine was asked
     * @param postgres PostgreSQL's container, if it is on this host
     * @param containers all of the host's
     * @param requests of the containers that want a database
     * @param enrolled identities that have their database by us
     * @param unenrolled of containers that name PostgreSQL and get no database
     * @param log how PostgreSQL writes its log and what it says; empty while PostgreSQL does not answer
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
     * @param written how
     * @param statements whether {@code pg_stat_statements} knows every statement, so that the log need not
     * @param refusals by service, who was refused of late, in words
     * @param container PostgreSQL's name with Docker
     * @param psql makes a line of a statement that can be pasted
     */
    public record Log(
            ServerLog written,
            boolean statements,
            Map<String, String> refusals,
            String container,
            UnaryOperator<String> psql) {}

    /**
     * All that is wrong, the worst first.
     *
     * @param plan what provisioning would do; empty while PostgreSQL does not answer
     * @param conditions what the watches say of one look
     * @param firing what the daemon has found since, which one look may not see: a container that crashes again and again
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
                .filter(condition -> !isTold(condition, refused) && !isAttempt(condition, attempts))
                .flatMap(condition -> found(Diagnosis.Symptom.RESOURCE_TROUBLE, condition).stream())
                .forEach(found::add);
        Set<String> explained = found.stream()
                .filter(diagnosis -> diagnosis.symptom() == Diagnosis.Symptom.CONNECTION_REFUSED)
                .map(Diagnosis::service)
                .collect(Collectors.toSet());
        Set<String> seen = conditions.stream().map(Condition::key).collect(Collectors.toSet());
        firing.stream()
                .filter(condition -> !seen.contains(condition.key()) && !isTold(condition, refused))
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

    /** Whose own login was refused is told why, and not once more that it was. */
    private static boolean isTold(Condition condition, Set<String> refused) {
        return condition.kind().equals(LOGINS) && refused.contains(condition.service());
    }

    /** What PostgreSQL's log says of the containers whose claims are refused, by container: it has the same cause. */
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
