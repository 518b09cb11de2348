package org.pgsteward.doctor;

import static org.pgsteward.model.Diagnosis.Symptom.CONNECTION_REFUSED;
import static org.pgsteward.model.Diagnosis.Symptom.PERMISSION_DENIED;
import static org.pgsteward.model.Diagnosis.Symptom.TOO_OPEN;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;
import org.pgsteward.provision.Provisioner;

/** Causes derived from the plan of provisioning: a missing privilege explains a denied action. */
final class RightsRule {
    private RightsRule() {}

    /**
     * Returns one diagnosis for each refused container, and one for each other subject.
     *
     * @param plan planned actions, with reasons
     * @param enrolled services with a database from pgsteward
     * @param diagnosed services with a diagnosed refused login: the same command repairs both
     * @param attempts log messages about the refused containers
     */
    static List<Diagnosis> judge(
            Provisioner.Plan plan, Set<String> enrolled, Set<String> diagnosed, Map<String, String> attempts) {
        List<Diagnosis> diagnoses = new ArrayList<>();
        for (Provisioner.Plan.Refused refused : plan.refused()) {
            String log = attempts.containsKey(refused.container())
                    ? "; PostgreSQL's log: " + attempts.get(refused.container())
                    : "";
            String remedy = refused.remedy().isEmpty()
                    ? "docker inspect --format '{{json .Config.Labels}} {{json .Config.Env}}' "
                            + LoginRule.word(refused.container()) + "   # shows its request"
                    : refused.remedy();
            diagnoses.add(new Diagnosis(
                    CONNECTION_REFUSED,
                    Severity.WARNING,
                    refused.container(),
                    "its request is refused: " + refused.text() + log,
                    remedy));
        }
        together(plan.steps()).forEach((subject, reasons) -> {
            boolean asks =
                    plan.wishes().stream().anyMatch(wish -> wish.subject().equals(subject));
            if (diagnosed.contains(subject)) {
                return;
            }
            boolean begins = asks && !enrolled.contains(subject);
            String all = String.join("; ", reasons);
            diagnoses.add(new Diagnosis(
                    begins ? CONNECTION_REFUSED : isClosed(subject, reasons, plan) ? TOO_OPEN : PERMISSION_DENIED,
                    Severity.WARNING,
                    subject,
                    begins ? "it is not enrolled yet: " + all : all,
                    "pgsteward provision" + (asks ? " " + LoginRule.word(subject) : "")
                            + "   # repairs it; the daemon does so every five minutes"));
        });
        return diagnoses;
    }

    /** Returns whether the plan only revokes privileges from PUBLIC. */
    private static boolean isClosed(String subject, List<String> reasons, Provisioner.Plan plan) {
        List<String> closings = together(plan.closings()).getOrDefault(subject, List.of());
        return !closings.isEmpty() && closings.containsAll(reasons);
    }

    private static Map<String, List<String>> together(List<Provisioner.Plan.Line> lines) {
        Map<String, List<String>> bySubject = new LinkedHashMap<>();
        lines.forEach(line -> bySubject
                .computeIfAbsent(line.subject(), first -> new ArrayList<>())
                .add(line.text()));
        return bySubject;
    }
}
